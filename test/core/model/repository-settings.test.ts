import * as z from "zod";
import { repositorySettings, settingsOf } from "../../../core/model/repository-settings.ts";

const lifecycle = {
  rules: [
    {
      rulePriority: 1,
      selection: { tagStatus: "untagged", countType: "imageCountMoreThan", countNumber: 3 },
      action: { type: "expire" },
    },
  ],
};
const tags = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`key${at}`, "value"]));
const textOfLength = (length: number) =>
  JSON.stringify({ text: "" }).replace('""', `"${"é".repeat(length - 11)}"`);

/** What is wrong, each as `path: message`. */
function problems(input: unknown): string[] {
  const { error } = repositorySettings.safeParse(input);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

const everything = {
  imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
  imageTagMutabilityExclusionFilters: ["latest", { filterType: "WILDCARD", filter: "dev-*" }],
  scanOnPush: true,
  encryption: { type: "KMS", kmsKey: "alias/images" },
  lifecyclePolicy: lifecycle,
  repositoryPolicy: '{"Statement": []}',
  tags: { team: "platform", "cost centre": "" },
};

test("true asks for ECR's own defaults, and an object for what it names", () => {
  expect(problems(true)).toEqual([]);
  expect(settingsOf(true)).toEqual({});
  expect(problems({})).toEqual([]);
  expect(settingsOf(repositorySettings.parse({ scanOnPush: false }) as object)).toEqual({
    scanOnPush: false,
  });
});

test("everything that can be asked for is taken, with filters as patterns and policies as texts", () => {
  expect(problems(everything)).toEqual([]);
  expect(settingsOf(repositorySettings.parse(everything) as object)).toEqual({
    ...everything,
    imageTagMutabilityExclusionFilters: ["latest", "dev-*"],
    lifecyclePolicy: JSON.stringify(lifecycle),
  });
});

test("like stands alone, and is like the source", () => {
  expect(problems({ like: "source" })).toEqual([]);
  expect(problems({ like: "other" })).toEqual(['like: "other" is not accepted; expected "source"']);
  expect(problems({ like: "source", scanOnPush: true })).toEqual([
    "scanOnPush: goes not with like, which sets everything",
  ]);
});

test.each([
  [false, "false"],
  ["yes", '"yes"'],
  [null, "null"],
  [[], "[]"],
])("%j is no setting", (input, shown) => {
  expect(problems(input)).toEqual([
    `: ${shown} is no setting; expected true, an object with settings, or {"like": "source"}`,
  ]);
});

test.each<[object, string]>([
  [
    { imageTagMutability: "immutable" },
    'imageTagMutability: "immutable" is not one of MUTABLE, IMMUTABLE, MUTABLE_WITH_EXCLUSION, IMMUTABLE_WITH_EXCLUSION',
  ],
  [
    { imageTagMutability: "IMMUTABLE_WITH_EXCLUSION" },
    "imageTagMutabilityExclusionFilters: is required with IMMUTABLE_WITH_EXCLUSION",
  ],
  [
    { imageTagMutabilityExclusionFilters: ["a"] },
    "imageTagMutabilityExclusionFilters: are used only with MUTABLE_WITH_EXCLUSION or IMMUTABLE_WITH_EXCLUSION, and imageTagMutability is MUTABLE",
  ],
  [{ scanOnPush: "yes" }, "scanOnPush: expected true or false, and it is a text"],
  [{ encryption: {} }, "encryption.type: nothing is not one of AES256, KMS, KMS_DSSE"],
  [{ encryption: { type: "SSE" } }, 'encryption.type: "SSE" is not one of AES256, KMS, KMS_DSSE'],
  [
    { encryption: { type: "AES256", kmsKey: "alias/a" } },
    "encryption.kmsKey: 'alias/a' is used only with the type KMS or KMS_DSSE, and the type is AES256",
  ],
  [
    { encryption: { type: "KMS", kmsKey: "" } },
    "encryption.kmsKey: '' is no key; expected a key's ARN, id or alias/<name>",
  ],
  [{ lifecyclePolicy: "{" }, "lifecyclePolicy: is no JSON: "],
  [{ lifecyclePolicy: "[1]" }, "lifecyclePolicy: is JSON, but not an object; expected a policy document"],
  [{ lifecyclePolicy: 3 }, "lifecyclePolicy: 3 is no policy; expected an object, or its JSON text"],
  [
    { lifecyclePolicy: { rules: [] } },
    "lifecyclePolicy: is 12 characters long as JSON; expected 100 to 30,720",
  ],
  [{ tags: { team: 7 } }, "tags.team: 7 is a number; put it in quotes"],
  [
    { tags: { "": "x" } },
    "tags.: '' is no tag key; expected 1 to 128 letters, digits, spaces or any of _.:/=+-@",
  ],
  [
    { tags: { "AWS:team": "x" } },
    "tags.AWS:team: is a name kept for AWS; expected one that does not begin with aws:",
  ],
  [
    { tags: { "ecr-replicator:unfinished": "x" } },
    "tags.ecr-replicator:unfinished: is a name kept for repositories that are being made",
  ],
  [
    { tags: { team: "a;b" } },
    "tags.team: 'a;b' is no tag value; expected up to 256 letters, digits, spaces or any of _.:/=+-@",
  ],
  [{ tags: tags(51) }, "tags: are 51; expected 50 at most"],
  [
    { tags: tags(50), repositoryPolicy: {} },
    "tags: are 50; expected 49 at most along with a policy, since the repository has one more until it is finished",
  ],
  [
    { scanOnPsuh: true },
    "scanOnPsuh: no such field; the fields are imageTagMutability, imageTagMutabilityExclusionFilters, scanOnPush, encryption, lifecyclePolicy, repositoryPolicy, tags",
  ],
])("bad input %# is refused at its field", (input, problem) => {
  const [first, ...others] = problems(input);
  expect(first?.slice(0, problem.length)).toBe(problem);
  expect(others).toEqual([]);
});

test.each([[["a b"]], [[""]], [[{ filterType: "REGEX", filter: "a" }]], [[{ filter: "a" }]], [[3]]])(
  "%j are no filters",
  (imageTagMutabilityExclusionFilters) => {
    const [first] = problems({
      imageTagMutability: "MUTABLE_WITH_EXCLUSION",
      imageTagMutabilityExclusionFilters,
    });
    expect(first).toContain("imageTagMutabilityExclusionFilters.0: ");
    expect(first).toContain("is no filter; expected 1 to 128 of 0-9, a-z, A-Z, '.', '_', '-' and '*'");
  },
);

test("1 to 5 filters are taken, and no more", () => {
  const ask = (count: number) =>
    problems({
      imageTagMutability: "MUTABLE_WITH_EXCLUSION",
      imageTagMutabilityExclusionFilters: Array(count).fill("v*"),
    });
  expect([0, 1, 5, 6].map((count) => ask(count))).toEqual([
    ["imageTagMutabilityExclusionFilters: is empty; leave it out"],
    [],
    [],
    ["imageTagMutabilityExclusionFilters: are 6; expected 5 at most"],
  ]);
});

test("policies and tags are taken up to ECR's limits, in characters", () => {
  const lengths = (field: string, ...values: number[]) =>
    values.map((length) => problems({ [field]: textOfLength(length) }).length);
  expect(textOfLength(100)).toHaveLength(100);
  expect(lengths("lifecyclePolicy", 99, 100, 30_720, 30_721)).toEqual([1, 0, 0, 1]);
  expect(lengths("repositoryPolicy", 100, 10_240, 10_241)).toEqual([0, 0, 1]);
  expect(problems({ tags: tags(50) })).toEqual([]);
  expect(problems({ tags: tags(49), repositoryPolicy: {} })).toEqual([]);
  expect(problems({ tags: { ["k".repeat(128)]: "v".repeat(256) } })).toEqual([]);
  expect(problems({ tags: { ["k".repeat(129)]: "" } })).toHaveLength(1);
  expect(problems({ tags: { k: "v".repeat(257) } })).toHaveLength(1);
});

test("every problem is said at once", () => {
  expect(problems({ scanOnPush: 1, imageTagMutability: "no", tags: { "aws:x": "" } })).toHaveLength(3);
});

test("the field can be left out of an object, and its JSON Schema has the three forms", () => {
  const request = z.strictObject({ createRepository: repositorySettings.optional() });
  expect(request.safeParse({}).success).toBe(true);
  const { properties = {}, required } = z.toJSONSchema(request);
  expect(required).toBeUndefined();
  expect(properties["createRepository"]).toMatchObject({
    description: expect.any(String),
    anyOf: [
      { const: true },
      { properties: { like: { const: "source" } }, required: ["like"] },
      { properties: { scanOnPush: { type: "boolean" } }, additionalProperties: false },
    ],
  });
});
