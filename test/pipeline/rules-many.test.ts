import type { LocalAws } from "../../local/aws.ts";
import { historyOf } from "./execution.ts";
import { configOf, digestsOf, loseBlob, pushSmall, smallImage, tags } from "./many-images.ts";
import { accounts, startPipeline } from "./pipeline.ts";
import { createRepository, expectCopy, type Repository } from "./repository.ts";
import { copiesRule, copyOf, keptReport, ownRegistry, type RuleExecution, redrive, run } from "./rule.ts";

/** ECR's quota, for an account and Region. */
const putsPerSecond = 10;
/** What others put at the same time: on a machine that copies less than ten images a second, nothing else is too much. */
const others = { times: 10, puts: 20 };
const perRepository = 500;
const names = ["a/api", "a/web", "b/jobs", "c"];
const selected = names.length * perRepository;

let aws: LocalAws;
let sources: Repository[];
/** When images were put, in milliseconds. */
const putAt: number[] = [];
beforeAll(async () => {
  // The pauses between retries are the definition's own: with shorter ones, what the quota refuses would be given up.
  aws = await startPipeline({
    rates: { PutImage: putsPerSecond },
    concurrency: 6,
    retryIntervalMillis: undefined,
    onCall: ({ operation, status }) => {
      if (operation === "PutImage" && status === 200) putAt.push(performance.now());
    },
  });
  sources = [];
  for (const name of names) {
    const source = await createRepository(aws, accounts.pipeline, { name: `many/${name}` });
    await pushSmall(source, tags(perRepository));
    sources.push(source);
  }
});
afterAll(() => aws.stop());

test("2,000 images arrive though ECR takes ten a second, and the one that cannot be read fails alone", async () => {
  const [, web] = sources as [Repository, Repository];
  const repair = loseBlob(web, configOf("v77"));
  const rule = copiesRule("many");
  useUpQuota();
  aws.calls.length = 0;
  putAt.length = 0;
  const first = await run(aws, rule);
  expectOneFailure(first, `${ownRegistry}/${web.name}:v77`);
  expect((await keptReport(aws, first)).images).toEqual({
    selected,
    inSync: 0,
    copied: selected - 1,
    failed: 1,
  });
  expectThrottled();
  expect(await differing()).toEqual([`${web.name}:v77`]);
  await expectBriefHistory(first);
  repair();
  const second = await redrive(aws, first);
  expect(second.report).toMatchObject({
    status: "Replicated",
    images: { selected, inSync: selected - 1, copied: 1, failed: 0 },
  });
  expect(await differing()).toEqual([]);
  await expectBytes();
  aws.calls.length = 0;
  expect((await run(aws, rule)).report).toMatchObject({
    status: "InSync",
    images: { selected, inSync: selected },
  });
  const listings = ["DescribeRepositories", ...Array(2 * names.length).fill("ListImages")];
  expect(ecrOperations()).toEqual(listings);
}, 1_800_000);

function expectOneFailure({ status, error, cause }: RuleExecution, lost: string): void {
  const message = `1 of ${selected} images of the rule team failed (SourceNotFound 1); the first: ${lost}: SourceNotFound: `;
  expect({ status, error }).toEqual({ status: "FAILED", error: "ImagesFailed" });
  expect(cause?.message).toContain(message);
}

/** Again and again during the run, some puts in a row are too many. */
function useUpQuota(): void {
  for (let time = 0; time < others.times; time++) {
    const after = (time * selected) / others.times;
    aws.faults.add({ service: "ecr", operation: "PutImage", fault: "throttle", after, times: others.puts });
  }
}

/** Far more than a few puts were one too many at their time; that each was made in the end is seen at the destination. */
function expectThrottled(): void {
  const puts = aws.calls.filter(({ operation }) => operation === "PutImage");
  expect(puts.filter(({ status }) => status === 200)).toHaveLength(selected - 1);
  expect(puts.filter(({ error }) => error === "ThrottlingException").length).toBeGreaterThanOrEqual(
    others.times * others.puts,
  );
  // A second's worth may come at once.
  const seconds = ((putAt.at(-1) ?? 0) - (putAt[0] ?? 0)) / 1_000;
  expect(puts.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(
    putsPerSecond * (seconds + 1) + 1,
  );
}

/** What a run itself goes through does not grow with its images: a state has 256 KiB at most, and a history 25,000 events. */
async function expectBriefHistory({ arn }: RuleExecution): Promise<void> {
  const events = await historyOf(aws, arn);
  expect(events.length).toBeLessThan(50);
  for (const event of events) expect(JSON.stringify(event).length).toBeLessThan(32 * 1024);
}

function ecrOperations(): string[] {
  return aws.calls.flatMap(({ service, operation }) => (service === "ecr" ? [operation] : []));
}

/** Compares some images byte for byte: of the others, the digests of their manifests say as much. */
async function expectBytes(): Promise<void> {
  for (const source of sources) {
    for (const tag of ["v0", "v77", `v${perRepository - 1}`])
      await expectCopy(copyOf(source), smallImage(tag));
  }
}

/** What the destination does not have as the source has it. */
async function differing(): Promise<string[]> {
  const found: string[] = [];
  for (const source of sources) {
    const [wanted, copied] = [await digestsOf(source), await digestsOf(copyOf(source))];
    expect(copied.size).toBeLessThanOrEqual(wanted.size);
    for (const [tag, digest] of wanted) if (copied.get(tag) !== digest) found.push(`${source.name}:${tag}`);
  }
  return found;
}
