import { CreateRepositoryCommand, DescribeRepositoriesCommand, ECRClient } from "@aws-sdk/client-ecr";
import { type LocalAws, startLocalAws } from "../../../local/aws.ts";
import { RateQuotas } from "../../../local/ecr/rate-quotas.ts";
import { writeAssembly } from "../fixture-assembly.ts";

const call = { service: "ecr", operation: "PutImage", account: "111111111111", region: "us-east-1" };

/** How many of so many calls at once are taken. */
function taken(quotas: RateQuotas, calls: number, given: Partial<typeof call> = {}): number {
  return Array.from({ length: calls }, () => quotas.exceeds({ ...call, ...given })).filter((is) => !is)
    .length;
}

test("a second's worth of calls is taken at once, and then as many as time brings", () => {
  let now = 5_000;
  const quotas = new RateQuotas({ PutImage: 10 }, () => now);
  expect(taken(quotas, 20)).toBe(10);
  now += 99;
  expect(taken(quotas, 1)).toBe(0);
  now += 1;
  expect(taken(quotas, 5)).toBe(1);
  now += 500;
  expect(taken(quotas, 20)).toBe(5);
  now += 60_000;
  expect(taken(quotas, 20)).toBe(10);
});

test("a rate below one takes one call, and the next when it is due", () => {
  let now = 0;
  const quotas = new RateQuotas({ PutImage: 0.5 }, () => now);
  expect(taken(quotas, 3)).toBe(1);
  now += 1_999;
  expect(taken(quotas, 1)).toBe(0);
  now += 1;
  expect(taken(quotas, 1)).toBe(1);
});

test("accounts, regions and operations are counted apart", () => {
  const quotas = new RateQuotas({ PutImage: 1, ListImages: 1 }, () => 0);
  expect(taken(quotas, 2)).toBe(1);
  expect(taken(quotas, 2, { account: "222222222222" })).toBe(1);
  expect(taken(quotas, 2, { region: "eu-central-1" })).toBe(1);
  expect(taken(quotas, 2, { operation: "ListImages" })).toBe(1);
});

test("the registry's calls count with the API's", () => {
  const quotas = new RateQuotas({ PutImage: 2 }, () => 0);
  expect(taken(quotas, 1)).toBe(1);
  expect(taken(quotas, 2, { service: "registry", operation: "PUT manifest" })).toBe(1);
});

test("what has no rate has no limit, nor has another service's operation of that name", () => {
  const quotas = new RateQuotas({ PutImage: 1 }, () => 0);
  expect(taken(quotas, 9, { operation: "BatchGetImage" })).toBe(9);
  expect(taken(quotas, 9, { service: "s3" })).toBe(9);
  expect(taken(quotas, 9, { service: "registry", operation: "GET tags" })).toBe(9);
  expect(taken(new RateQuotas(), 9)).toBe(9);
});

test.each([
  [{ PutImages: 1 }, "rates has PutImages"],
  [{ PutImage: 0 }, "rates.PutImage is 0"],
  [{ PutImage: Number.NaN }, "rates.PutImage is NaN"],
  [{ PutImage: Number.POSITIVE_INFINITY }, "rates.PutImage is Infinity"],
])("%j is refused", (rates, text) => {
  expect(() => new RateQuotas(rates as Record<string, number>)).toThrow(text);
});

describe("local AWS with rates", () => {
  let aws: LocalAws;
  beforeAll(async () => {
    // So slow that no call becomes due while the test runs.
    const rates = { DescribeRepositories: 0.001, BatchGetImage: 0.001 };
    aws = await startLocalAws({ assembly: writeAssembly({ Resources: {} }), rates });
  });
  afterAll(() => aws.stop());

  const clientOf = (accessKeyId: string) =>
    new ECRClient({
      endpoint: aws.endpoint,
      region: "us-east-1",
      credentials: { accessKeyId, secretAccessKey: "any" },
      maxAttempts: 1,
    });

  test("refuses one call too many as a throttled one", async () => {
    const ecr = clientOf("111111111111");
    const describe = new DescribeRepositoriesCommand({});
    await ecr.send(describe);
    await expect(ecr.send(describe)).rejects.toMatchObject({
      name: "ThrottlingException",
      message: "Rate exceeded",
      $metadata: { httpStatusCode: 400 },
    });
    await clientOf("222222222222").send(describe);
    expect(aws.calls.map(({ status, error }) => [status, error])).toEqual([
      [200, undefined],
      [400, "ThrottlingException"],
      [200, undefined],
    ]);
  });

  test("refuses it in the registry too, with 429", async () => {
    await clientOf("111111111111").send(new CreateRepositoryCommand({ repositoryName: "app" }));
    const pull = () => fetch(`${aws.endpoint}/v2/111111111111/us-east-1/app/manifests/v1`);
    expect((await pull()).status).toBe(404);
    expect((await pull()).status).toBe(429);
  });
});
