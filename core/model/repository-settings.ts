import * as z from "zod";
import { type Problem, problemsOf } from "./problem.ts";

/** Which tags may be moved to another image, in ECR's words (Amazon ECR API Reference, CreateRepository). */
export const tagMutabilities = [
  "MUTABLE",
  "IMMUTABLE",
  "MUTABLE_WITH_EXCLUSION",
  "IMMUTABLE_WITH_EXCLUSION",
] as const;

/** How a repository is encrypted, in ECR's words (Amazon ECR API Reference, EncryptionConfiguration). */
export const encryptionTypes = ["AES256", "KMS", "KMS_DSSE"] as const;

/** The tag of a repository that was created and has yet to get its policies; its value names them. */
export const unfinishedTag = "ecr-replicator:unfinished";

/** The most tags a repository can have (Amazon ECR API Reference, TooManyTagsException). */
const mostTags = 50;

const value = (input: unknown) => JSON.stringify(input) ?? "nothing";

const oneOf =
  (values: readonly string[]) =>
  ({ input }: { input?: unknown }) =>
    `${value(input)} is not one of ${values.join(", ")}`;

const filterPattern = z.string().regex(/^[0-9a-zA-Z._*-]{1,128}$/, {
  error: ({ input }) => `'${input}' is no filter; expected 1 to 128 of 0-9, a-z, A-Z, '.', '_', '-' and '*'`,
});

const exclusionFilter = z.union(
  [
    filterPattern,
    z.strictObject({
      filterType: z.literal("WILDCARD", { error: oneOf(["WILDCARD"]) }),
      filter: filterPattern,
    }),
  ],
  {
    error: ({ input }) =>
      `${value(input)} is no filter; expected 1 to 128 of 0-9, a-z, A-Z, '.', '_', '-' and '*', or {"filterType": "WILDCARD", "filter": "<the same>"}`,
  },
);

/** A policy, as an object or as its JSON text. Sizes are in characters, as ECR's model has them. */
function policy({ least = 2, most }: { least?: number; most: number }) {
  return z
    .union([z.record(z.string(), z.unknown()), z.string()], {
      error: ({ input }) => `${value(input)} is no policy; expected an object, or its JSON text`,
    })
    .superRefine((given, context) => {
      const message = policyProblem(given, { least, most });
      if (message) context.addIssue({ code: "custom", message });
    });
}

function policyProblem(
  given: string | object,
  { least, most }: { least: number; most: number },
): string | undefined {
  if (typeof given === "string") {
    try {
      const parsed: unknown = JSON.parse(given);
      if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
        return "is JSON, but not an object; expected a policy document";
      }
    } catch (error) {
      return `is no JSON: ${(error as Error).message}; expected an object, or its JSON text`;
    }
  }
  const { length } = textOf(given);
  if (length >= least && length <= most) return undefined;
  const number = (count: number) => count.toLocaleString("en-US");
  return `is ${number(length)} characters long as JSON; expected ${number(least)} to ${number(most)}`;
}

const encryption = z
  .strictObject({
    type: z.enum(encryptionTypes, { error: oneOf(encryptionTypes) }).meta({
      description: "KMS_DSSE exists in the GovCloud Regions only.",
    }),
    kmsKey: z
      .string()
      .regex(/^\S{1,2048}$/, {
        error: ({ input }) => `'${input}' is no key; expected a key's ARN, id or alias/<name>`,
      })
      .optional()
      .meta({
        description:
          "The ARN, id or alias of a key in the repository's Region; without one, the key that AWS manages for ECR.",
      }),
  })
  .superRefine(({ type, kmsKey }, context) => {
    if (type !== "AES256" || kmsKey === undefined) return;
    context.addIssue({
      code: "custom",
      path: ["kmsKey"],
      message: `'${kmsKey}' is used only with the type KMS or KMS_DSSE, and the type is AES256`,
    });
  });

/** What a tag may consist of (Amazon ECR User Guide, tag restrictions). */
const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+@-]*$/u;

const tags = z.record(z.string(), z.string()).superRefine((given, context) => {
  const names = Object.keys(given);
  if (names.length > mostTags) {
    context.addIssue({
      code: "custom",
      message: `are ${names.length}; expected ${mostTags} at most`,
    });
  }
  for (const [key, text] of Object.entries(given)) {
    const message = tagProblem(key, text);
    if (message) context.addIssue({ code: "custom", path: [key], message });
  }
});

function tagProblem(key: string, text: string): string | undefined {
  if (/^aws:/i.test(key)) return "is a name kept for AWS; expected one that does not begin with aws:";
  if (key === unfinishedTag) return "is a name kept for repositories that are being made";
  if (key.length < 1 || key.length > 128 || !tagText.test(key)) {
    return `'${key}' is no tag key; expected 1 to 128 letters, digits, spaces or any of _.:/=+-@`;
  }
  if (text.length <= 256 && tagText.test(text)) return undefined;
  return `'${text}' is no tag value; expected up to 256 letters, digits, spaces or any of _.:/=+-@`;
}

const explicit = z.strictObject({
  imageTagMutability: z
    .enum(tagMutabilities, { error: oneOf(tagMutabilities) })
    .optional()
    .meta({ description: "Which tags may be moved to another image.", default: "MUTABLE" }),
  imageTagMutabilityExclusionFilters: z
    .array(exclusionFilter)
    .min(1, { error: "is empty; leave it out" })
    .max(5, { error: ({ input }) => `are ${(input as unknown[]).length}; expected 5 at most` })
    .optional()
    .meta({
      description: "The tags that the two modes WITH_EXCLUSION exclude; * stands for any characters.",
      examples: [["latest", "dev-*"]],
    }),
  scanOnPush: z.boolean().optional().meta({
    description: "Whether images are scanned when they are pushed; the registry's settings go before it.",
  }),
  encryption: encryption.optional().meta({ description: "How images are encrypted: it stays for good." }),
  lifecyclePolicy: policy({ least: 100, most: 30_720 }).optional().meta({
    description: "A lifecycle policy, as an object or as its JSON text of 100 to 30,720 characters.",
  }),
  repositoryPolicy: policy({ most: 10_240 }).optional().meta({
    description: "A repository policy, as an object or as its JSON text of up to 10,240 characters.",
  }),
  tags: tags.optional().meta({
    description: `The repository's tags, ${mostTags} at most; ${mostTags - 1} along with a policy.`,
    examples: [{ team: "platform" }],
  }),
});

const likeSource = z.strictObject({
  like: z.literal("source").meta({ description: "As the ECR repository that the image comes from." }),
});

const forms = z.union([z.literal(true), likeSource, explicit]);

/** The field `createRepository` of a request: how the destination's repository is made where it is absent. */
export type CreateRepository = z.infer<typeof forms>;

const { $schema: _$schema, ...jsonSchema } = z.toJSONSchema(forms);

/**
 * The definition of the field `createRepository`. It is no plain union, since what is wrong inside one form of a union
 * is not said at its own path.
 */
export const repositorySettings = z
  .unknown()
  .superRefine((input, context) => {
    for (const { path, message } of settingsProblems(input)) {
      context.addIssue({ code: "custom", path: [...path], message });
    }
  })
  .meta({
    ...jsonSchema,
    description:
      "Whether the destination's repository is created when it is absent, and with which settings; those of a repository that exists are never changed.",
    examples: [true, { like: "source" }, { imageTagMutability: "IMMUTABLE", scanOnPush: true }],
  }) as unknown as z.ZodType<CreateRepository>;

function settingsProblems(input: unknown): Problem[] {
  if (input === true) return [];
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    const message = `${value(input)} is no setting; expected true, an object with settings, or {"like": "source"}`;
    return [{ path: [], message }];
  }
  if (!("like" in input)) return [...problemsOf(explicit, input), ...contradictions(input)];
  if (input.like !== "source") {
    return [{ path: ["like"], message: `${value(input.like)} is not accepted; expected "source"` }];
  }
  const others = Object.keys(input).filter((field) => field !== "like");
  return others.map((field) => ({ path: [field], message: "goes not with like, which sets everything" }));
}

function contradictions(input: Partial<Record<keyof Explicit, unknown>>): Problem[] {
  const mode = input.imageTagMutability ?? "MUTABLE";
  const filters = "imageTagMutabilityExclusionFilters";
  const excludes = String(mode).endsWith("_WITH_EXCLUSION");
  const problems: Problem[] = [];
  if (excludes && input[filters] === undefined) {
    problems.push({ path: [filters], message: `is required with ${mode}` });
  }
  if (!excludes && input[filters] !== undefined) {
    const message = `are used only with MUTABLE_WITH_EXCLUSION or IMMUTABLE_WITH_EXCLUSION, and imageTagMutability is ${mode}`;
    problems.push({ path: [filters], message });
  }
  const policies = input.lifecyclePolicy !== undefined || input.repositoryPolicy !== undefined;
  if (policies && Object.keys(Object(input.tags)).length === mostTags) {
    const message = `are ${mostTags}; expected ${mostTags - 1} at most along with a policy, since the repository has one more until it is finished`;
    problems.push({ path: ["tags"], message });
  }
  return problems;
}

type Explicit = z.infer<typeof explicit>;

/** The settings of a repository, those that are asked for or known. */
export interface RepositorySettings {
  readonly imageTagMutability?: (typeof tagMutabilities)[number];
  /** Patterns of tags, where `*` stands for any characters. */
  readonly imageTagMutabilityExclusionFilters?: readonly string[];
  readonly scanOnPush?: boolean;
  readonly encryption?: { readonly type: (typeof encryptionTypes)[number]; readonly kmsKey?: string };
  /** JSON text. */
  readonly lifecyclePolicy?: string;
  /** JSON text. */
  readonly repositoryPolicy?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** The settings that a valid field `createRepository` asks for; not those of `{"like": "source"}`, which are to be read. */
export function settingsOf(asked: Exclude<CreateRepository, { like: "source" }>): RepositorySettings {
  if (asked === true) return {};
  const { imageTagMutabilityExclusionFilters: filters, lifecyclePolicy, repositoryPolicy, ...others } = asked;
  return {
    ...others,
    ...(filters && {
      imageTagMutabilityExclusionFilters: filters.map((each) =>
        typeof each === "string" ? each : each.filter,
      ),
    }),
    ...(lifecyclePolicy && { lifecyclePolicy: textOf(lifecyclePolicy) }),
    ...(repositoryPolicy && { repositoryPolicy: textOf(repositoryPolicy) }),
  };
}

function textOf(given: string | object): string {
  return typeof given === "string" ? given : JSON.stringify(given);
}
