import type { Request } from "../../core/model/request.ts";
import type { LocalAws } from "../../local/aws.ts";
import type { Fault } from "../../local/faults.ts";
import { imageOf } from "../fakes/image.ts";
import { execute, requestOf, withoutRoles } from "./execution.ts";
import { accounts, roleArns, startPipeline, ungrantedRoleArn } from "./pipeline.ts";
import { createPair, createRepository, digestOfTag, push, type Repository } from "./repository.ts";
import { operations } from "./traffic.ts";

let aws: LocalAws;
beforeAll(async () => {
  aws = await startPipeline();
});
afterEach(() => aws.faults.clear());
afterAll(() => aws.stop());

const content = imageOf([3, 40]);
const before = imageOf([11]);

async function tagged(): Promise<{ from: Repository; to: Repository }> {
  const pair = await createPair(aws);
  await push(pair.from, content, "1");
  await push(pair.to, before, "1");
  return pair;
}

test.each<["source" | "destination", string, Partial<Request>]>([
  ["source", "does not exist", { sourceRoleArn: `${roleArns.source}x` }],
  ["source", "asks for another external id", { sourceExternalId: "wrong" }],
  ["source", "asks for an external id", { sourceExternalId: undefined }],
  ["destination", "does not exist", { destinationRoleArn: `${roleArns.destination}x` }],
  ["destination", "asks for another external id", { destinationExternalId: "wrong" }],
  ["destination", "asks for an external id", { destinationExternalId: undefined }],
  ["destination", "is none that the stack was given", { destinationRoleArn: ungrantedRoleArn }],
])("a %s role that %s is reported with its side and ARN, and is asked for once", async (side, _, wrong) => {
  const pair = await tagged();
  aws.calls.length = 0;
  const request = { ...requestOf(pair), ...wrong };
  const { error, cause } = await execute(aws, request);
  expect({ error, side: cause?.side, operation: cause?.operation }).toEqual({
    error: "AccessDenied",
    side,
    operation: "AssumeRole",
  });
  const roleArn = side === "source" ? request.sourceRoleArn : request.destinationRoleArn;
  expect(cause?.message).toContain(roleArn);
  expect(
    aws.calls.filter(({ service, detail }) => service === "sts" && detail["roleArn"] === roleArn),
  ).toHaveLength(1);
  expect(operations(pair.to)).toEqual([]);
  expect(await digestOfTag(pair.to, "1")).toBe(before.root.digest);
});

test.each(["source", "destination"] as const)(
  "a function's own role without rights on the %s is refused",
  async (side) => {
    const own = await createRepository(aws, accounts.pipeline);
    const { from, to } = await tagged();
    await push(own, content, "1");
    const pair = side === "source" ? { from: own, to } : { from, to: own };
    const {
      [`${side}RoleArn`]: _,
      [`${side}ExternalId`]: __,
      ...request
    } = requestOf(pair) as Record<string, unknown>;
    const { error, cause } = await execute(aws, request);
    expect({ error, side: cause?.side, operation: cause?.operation }).toEqual({
      error: "AccessDenied",
      side,
      operation: "BatchGetImage",
    });
    expect(cause?.message).toContain(`repository/${own.name}`);
  },
);

test("a repository of another account is refused without a role", async () => {
  const { error, cause } = await execute(aws, withoutRoles(requestOf(await tagged())));
  expect({ error, side: cause?.side }).toEqual({ error: "AccessDenied", side: "source" });
});

test.each([
  ["source", "BatchGetImage"],
  ["source", "GetDownloadUrlForLayer"],
  ["destination", "BatchGetImage"],
  ["destination", "BatchCheckLayerAvailability"],
  ["destination", "InitiateLayerUpload"],
  ["destination", "UploadLayerPart"],
  ["destination", "CompleteLayerUpload"],
  ["destination", "PutImage"],
] as const)(
  "a role that lacks one right on the %s, %s, is told which, and a second execution ends well",
  async (side, operation) => {
    const pair = await tagged();
    const detail = { repositoryName: side === "source" ? pair.from.name : pair.to.name };
    aws.faults.add({ service: "ecr", operation, detail, fault: "accessDenied" } as Fault);
    const { error, cause, retries } = await execute(aws, requestOf(pair));
    expect({ error, side: cause?.side, operation: cause?.operation, retries }).toEqual({
      error: "AccessDenied",
      side,
      operation,
      retries: 0,
    });
    expect(await digestOfTag(pair.to, "1")).toBe(before.root.digest);
    expect((await execute(aws, requestOf(pair))).report?.status).toBe("Replicated");
    expect(await digestOfTag(pair.to, "1")).toBe(content.root.digest);
  },
);
