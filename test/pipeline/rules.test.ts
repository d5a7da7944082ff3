import type { CopiedImage } from "../../core/model/run-report.ts";
import type { LocalAws } from "../../local/aws.ts";
import { attestedIndex, imageOf } from "../fakes/image.ts";
import { digestsOf, pushSmall, tags } from "./many-images.ts";
import { accounts, startPipeline } from "./pipeline.ts";
import { createRepository, expectCopy, push, pushManifest } from "./repository.ts";
import { copiesRule, copyOf, ownRegistry, ruleOf, run } from "./rule.ts";
import { ecrCalls, invocations, sentParts } from "./traffic.ts";

let aws: LocalAws;
beforeAll(async () => {
  aws = await startPipeline();
});
afterEach(() => aws.faults.clear());
afterAll(() => aws.stop());

/** A repository of the pipeline's own account. */
const own = (name: string) => createRepository(aws, accounts.pipeline, { name });

test("a rule with a pattern makes the repositories and copies every image of them, and does nothing the second time", async () => {
  const [app, web] = [await own("first/app"), await own("first/deep/web")];
  const [index, image] = [attestedIndex(), imageOf([8, 9], 7)];
  await push(app, index, "1");
  await push(app, image, "2");
  await pushManifest(app, "2-again", { mediaType: image.root.mediaType, bytes: bytesOf(image) });
  await push(web, image, "1");
  await push(await own("second/app"), image, "elsewhere");
  const rule = copiesRule("first");
  const { report, cause } = await run(aws, rule);
  expect({ cause, report }).toMatchObject({
    cause: undefined,
    report: {
      status: "Replicated",
      rule: "team",
      source: rule.source,
      destination: rule.destination,
      repositories: {
        compared: 2,
        created: [`${ownRegistry}/first-copies/app`, `${ownRegistry}/first-copies/deep/web`],
        failed: 0,
      },
      images: { selected: 4, failed: 0 },
      warnings: [],
    },
  });
  for (const from of [app, web]) expect(await digestsOf(copyOf(from))).toEqual(await digestsOf(from));
  await expectCopy(copyOf(app), index);
  await expectCopy(copyOf(web), image);
  const second = await run(aws, rule);
  expect(second.report).toMatchObject({
    status: "InSync",
    repositories: { compared: 2, created: [] },
    images: { selected: 4, inSync: 4, copied: 0, failed: 0 },
  });
  expect(second.states).not.toContain("CopyImages");
});

function bytesOf({ root, manifests }: ReturnType<typeof imageOf>): Uint8Array {
  return manifests.get(root.digest) ?? new Uint8Array();
}

test("2,500 images in sync cost three calls to each side and no look at an image", async () => {
  const [from, to] = [await own("large/from"), await own("large/to")];
  await Promise.all([pushSmall(from, tags(2_500)), pushSmall(to, tags(2_500))]);
  aws.calls.length = 0;
  const { report, states } = await run(aws, ruleOf(from.name, to.name));
  expect(report).toMatchObject({ status: "InSync", images: { selected: 2_500, inSync: 2_500, copied: 0 } });
  expect(states.filter((name) => !name.startsWith("After"))).toEqual([
    "StartImages",
    "ListImages",
    "TallyImages",
    "FinishImages",
    "Finished",
  ]);
  const calls = aws.calls.filter(({ service }) => service === "ecr");
  expect(calls.map(({ operation }) => operation)).toEqual(Array(6).fill("ListImages"));
  for (const side of [from, to]) expect(ecrCalls(side)).toHaveLength(3);
  expect(invocations(aws, "")).toBe(3);
});

test("what the images of a new repository have in common is sent once, however many are copied at once", async () => {
  const from = await own("common/app");
  await pushSmall(from, tags(12));
  aws.calls.length = 0;
  expect((await run(aws, copiesRule("common"))).report).toMatchObject({ images: { copied: 12 } });
  // The layer of all, and the config of each.
  expect(sentParts(copyOf(from))).toHaveLength(13);
});

test("a plan says what a run would do and what that takes, and neither writes nor tells anything", async () => {
  const from = await own("planned/app");
  await pushSmall(from, tags(6));
  const rule = copiesRule("planned");
  aws.calls.length = 0;
  const { report } = await run(aws, { ...rule, mode: "plan" });
  expect(report).toMatchObject({
    status: "Planned",
    repositories: { compared: 1, created: [`${ownRegistry}/planned-copies/app`] },
    images: { selected: 6, inSync: 0, copied: 6, failed: 0 },
    estimate: { seconds: expect.any(Number), cost: 0.01, transitions: expect.any(Number) },
  });
  const asked = new Set(
    aws.calls.flatMap(({ service, operation }) => (service === "ecr" ? [operation] : [])),
  );
  for (const operation of asked) expect(operation).toMatch(/^(Describe|List|BatchGet|BatchCheck)/);
  expect(aws.calls.filter(({ service }) => service === "events")).toEqual([]);
  const applied = await run(aws, rule);
  expect(applied.report?.images).toEqual(report?.images);
  const named = ({ source, destination }: CopiedImage) => `${source} ${destination}`;
  const [planned = [], copied = []] = [report, applied.report].map((each) =>
    each?.examples.copied.map(named),
  );
  expect(copied.toSorted()).toEqual(planned.toSorted());
});
