import type { LocalAws } from "../../local/aws.ts";
import { configOf, digestsOf, loseBlob, pushSmall, smallImage, tags } from "./many-images.ts";
import { accounts, startPipeline } from "./pipeline.ts";
import { createRepository, digestOfTag, push, type Repository } from "./repository.ts";
import {
  copiesRule,
  copyOf,
  keptReport,
  ownRegistry,
  type RuleExecution,
  redrive,
  ruleOf,
  run,
} from "./rule.ts";
import { ecrCalls } from "./traffic.ts";

let aws: LocalAws;
beforeAll(async () => {
  aws = await startPipeline();
});
afterEach(() => aws.faults.clear());
afterAll(() => aws.stop());

const own = (name: string) => createRepository(aws, accounts.pipeline, { name });

/** Two repositories of six images, of which one image has lost its config. */
async function withOneLost(name: string) {
  const [app, web] = [await own(`${name}/app`), await own(`${name}/web`)];
  for (const from of [app, web]) await pushSmall(from, tags(6));
  const repair = loseBlob(app, configOf("v3"));
  const copies = { app: copyOf(app), web: copyOf(web) };
  return { app, web, copies, repair, rule: copiesRule(name) };
}

function expectOneFailure({ status, error, cause }: RuleExecution, lost: Repository): void {
  const message = expect.stringContaining(
    `1 of 12 images of the rule team failed (SourceNotFound 1); the first: ${ownRegistry}/${lost.name}:v3`,
  );
  expect({ status, error, cause }).toEqual({
    status: "FAILED",
    error: "ImagesFailed",
    cause: { operation: "ReplicateImages", message },
  });
}

test("an image that has lost a layer fails alone and by name, and the next run copies nothing but it", async () => {
  const { app, copies, repair, rule } = await withOneLost("lost");
  const first = await run(aws, rule);
  expectOneFailure(first, app);
  const report = await keptReport(aws, first);
  expect(report).toMatchObject({
    status: "Failed",
    images: { selected: 12, inSync: 0, copied: 11, failed: 1 },
    failures: { SourceNotFound: 1 },
    examples: { failed: [{ source: `${ownRegistry}/${app.name}:v3`, error: "SourceNotFound" }] },
  });
  expect(report.examples.failed).toHaveLength(1);
  expect([...(await digestsOf(copies.app)).keys()].sort()).toEqual(["v0", "v1", "v2", "v4", "v5"]);
  expect(await digestsOf(copies.web)).toEqual(await digestsOf(app));
  repair();
  aws.calls.length = 0;
  const second = await run(aws, rule);
  expect(second.report).toMatchObject({ status: "Replicated", images: { inSync: 11, copied: 1, failed: 0 } });
  expect(ecrCalls(copies.web).map(({ operation }) => operation)).toEqual(["ListImages"]);
  expect(await digestsOf(copies.app)).toEqual(await digestsOf(app));
});

test("a run that failed is redriven: it lists again and copies what is left", async () => {
  const { app, copies, repair, rule } = await withOneLost("redriven");
  const first = await run(aws, rule);
  expectOneFailure(first, app);
  repair();
  aws.calls.length = 0;
  const second = await redrive(aws, first);
  expect(second).toMatchObject({ arn: first.arn, status: "SUCCEEDED" });
  expect(second.report).toMatchObject({
    status: "Replicated",
    images: { selected: 12, inSync: 11, copied: 1, failed: 0 },
  });
  expect(await digestsOf(copies.app)).toEqual(await digestsOf(app));
  expect(ecrCalls(copies.web).map(({ operation }) => operation)).toEqual(["ListImages"]);
});

test("a redriven run may fail again, and be redriven again", async () => {
  const { app, repair, rule } = await withOneLost("twice");
  const first = await run(aws, rule);
  const second = await redrive(aws, first);
  expectOneFailure(second, app);
  repair();
  expect((await redrive(aws, second)).report).toMatchObject({ status: "Replicated", images: { copied: 1 } });
});

test("a repository that may not be listed fails by name, and the others are copied", async () => {
  const [app, web] = [await own("denied/app"), await own("denied/web")];
  for (const from of [app, web]) await pushSmall(from, tags(2));
  aws.faults.add({
    service: "ecr",
    operation: "ListImages",
    detail: { repositoryName: app.name },
    fault: "accessDenied",
  });
  const { error, cause } = await run(aws, copiesRule("denied"));
  expect(error).toBe("ImagesFailed");
  expect(cause?.message).toMatch(
    /^1 of 2 repositories of the rule team failed \(AccessDenied 1\); the first: /,
  );
  expect(cause?.message).toContain(`${ownRegistry}/denied/app`);
  expect(await digestsOf(copyOf(web))).toEqual(await digestsOf(web));
});

test("a destination that is absent and not to be created fails the run, and says what to do", async () => {
  const from = await own("uncreated/app");
  await pushSmall(from, tags(1));
  const { createRepository: _, ...rule } = ruleOf("uncreated/app", "uncreated-copies/app");
  const { error, cause } = await run(aws, rule);
  expect(error).toBe("RepositoryNotFound");
  expect(cause?.message).toMatch(/uncreated-copies\/app.*create it, or give the rule createRepository/);
});

test("a rule that selects nothing succeeds with a warning, and fails if it says mustSelect", async () => {
  await pushSmall(await own("nothing/app"), tags(2));
  const rule = copiesRule("nothing", { tags: { include: ["release-*"] } });
  const { report } = await run(aws, rule);
  const warning = expect.stringMatching(/^the rule team selects no image of .*nothing\/\* with its tags/);
  expect(report).toMatchObject({ status: "InSync", images: { selected: 0 }, warnings: [warning] });
  const { error, cause } = await run(aws, { ...rule, mustSelect: true });
  expect(error).toBe("NothingSelected");
  expect(cause?.message).toMatch(/selects no image of .*, and it says mustSelect/);
});

test("a rule that is none is refused with all that is wrong with it, before any call", async () => {
  aws.calls.length = 0;
  const { error, cause, states } = await run(aws, { ...ruleOf("a/*", "b"), tag: "1", concurrency: 0 });
  expect(error).toBe("RequestInvalid");
  for (const problem of ["tag", "concurrency", "destination"]) expect(cause?.message).toContain(problem);
  expect(states).not.toContain("CopyImages");
  expect(aws.calls.filter(({ service }) => service === "ecr")).toEqual([]);
});

test("two runs of one rule at once both succeed, and every image is right", async () => {
  const [app, web] = [await own("twin/app"), await own("twin/web")];
  for (const from of [app, web]) await pushSmall(from, tags(12));
  const rule = copiesRule("twin");
  const both = await Promise.all([run(aws, rule), run(aws, rule)]);
  for (const { cause, report } of both) {
    expect({ cause, report }).toMatchObject({
      cause: undefined,
      report: { images: { selected: 24, failed: 0 } },
    });
  }
  for (const from of [app, web]) {
    expect(await digestsOf(copyOf(from))).toEqual(await digestsOf(from));
  }
});

test("a tag that moves at the source is copied anew, and no other", async () => {
  const from = await own("moving/app");
  await pushSmall(from, tags(5));
  const rule = ruleOf(from.name, "moving-copies/app");
  expect((await run(aws, rule)).report).toMatchObject({ images: { copied: 5 } });
  const moved = smallImage("another");
  await push(from, moved, "v2");
  const { report } = await run(aws, rule);
  expect(report).toMatchObject({ status: "Replicated", images: { selected: 5, inSync: 4, copied: 1 } });
  expect(await digestOfTag(copyOf(from), "v2")).toBe(moved.root.digest);
});
