import type { LocalAws } from "../../local/aws.ts";
import { digestsOf, pushSmall, tags } from "./many-images.ts";
import { accounts, startPipeline } from "./pipeline.ts";
import { createRepository, type Repository } from "./repository.ts";
import { copiesRule, copyOf, type RuleExecution, run } from "./rule.ts";
import { WorkBucket } from "./work-bucket.ts";

let aws: LocalAws;
beforeAll(async () => {
  aws = await startPipeline();
});
afterEach(() => aws.faults.clear());
afterAll(() => aws.stop());

let made = 0;

/** Two repositories of three images each, and a rule for them. */
async function twoRepositories() {
  const name = `interrupted-${++made}`;
  const sources = await Promise.all(
    ["app", "web"].map((last) => createRepository(aws, accounts.pipeline, { name: `${name}/${last}` })),
  );
  for (const source of sources) await pushSmall(source, tags(3));
  return { sources, rule: copiesRule(name) };
}

/** Checks that a run copied all there was. */
async function expectCopied({ cause, report }: RuleExecution, sources: readonly Repository[]): Promise<void> {
  const images = { selected: sources.length * 3, copied: sources.length * 3, failed: 0 };
  expect({ cause, report }).toMatchObject({ cause: undefined, report: { status: "Replicated", images } });
  for (const source of sources) {
    expect(await digestsOf(copyOf(source))).toEqual(await digestsOf(source));
  }
}

test.each([
  ["a listing is killed before its first page", { fault: "kill", before: true }],
  ["a listing is killed after a page", { fault: "kill", before: false, after: 1 }],
  ["a listing is throttled for longer than a client tries", { fault: "throttle", times: 8 }],
  [
    "a listing is refused by ECR's own failures for longer than a client tries",
    { fault: "error500", times: 8 },
  ],
  ["a listing's answer is lost", { fault: "lostAnswer" }],
] as const)("%s, and all images arrive", async (_, fault) => {
  const { sources, rule } = await twoRepositories();
  aws.faults.add({ service: "ecr", operation: "ListImages", ...fault });
  await expectCopied(await run(aws, rule), sources);
});

test.each([
  // A map reads its list twice and writes two files before TallyImages has its turn, and there is one for the first images.
  ["ListImages", { service: "s3", operation: "CompleteMultipartUpload" }],
  ["ListImages", { service: "ecr", operation: "DescribeRepositories" }],
  ["TallyImages", { service: "s3", operation: "GetObject", after: 2 }],
  ["FinishImages", { service: "s3", operation: "PutObject", after: 4 }],
])("%s is killed after a call, %j, and all images arrive", async (functionName, call) => {
  const { sources, rule } = await twoRepositories();
  aws.faults.add({ ...call, fault: "kill", before: false });
  const execution = await run(aws, rule);
  await expectCopied(execution, sources);
  expect(execution.retries).toBe(1);
  const failed = aws.functions().filter(({ name, failures }) => name.includes("OwnRoles") && failures > 0);
  expect(failed.some(({ name }) => name.includes(functionName))).toBe(true);
});

test("functions of a run that are throttled are called again", async () => {
  const { sources, rule } = await twoRepositories();
  for (const part of ["ListImages", "TallyImages", "FinishImages"]) {
    const { name } =
      aws.functions().find(({ name }) => name.includes(`OwnRoles`) && name.includes(part)) ?? {};
    const detail = { functionName: name ?? part };
    aws.faults.add({ service: "lambda", operation: "Invoke", detail, fault: "throttle", times: 2 });
  }
  const execution = await run(aws, rule);
  await expectCopied(execution, sources);
  expect(execution.retries).toBe(6);
});

test("a listing that fails for good leaves no unfinished list in the work bucket", async () => {
  const { rule } = await twoRepositories();
  const bucket = await WorkBucket.of(aws, "OwnRoles");
  // A function that was killed may have left its own, which the bucket's lifecycle rule removes.
  const before = bucket.unfinished();
  aws.faults.add({ service: "ecr", operation: "DescribeRepositories", fault: "accessDenied" });
  const { error } = await run(aws, rule);
  expect(error).toBe("AccessDenied");
  expect(bucket.unfinished()).toBe(before);
});
