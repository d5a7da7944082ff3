import * as z from "zod";
import { Failure } from "../errors.ts";
import { parsePlatform, platformForm } from "../platform/platform.ts";
import {
  fillDestination,
  keyPlaceholders,
  placeholderForm,
  placeholdersOf,
  unknownAmong,
} from "./destination-template.ts";
import { readable } from "./problem.ts";
import { type EcrImage, ecrRepositoryForm, isTag, parseEcrImage } from "./reference.ts";
import { repositorySettings } from "./repository-settings.ts";
import { ruleName } from "./rule-name.ts";
import { defaultTag, parseSource, type SourceReference, sourceReferenceForm } from "./source-reference.ts";

const required = ({ input }: { input?: unknown }) =>
  input === undefined ? "is required" : `expected a string, and it is of type ${typeof input}`;

const oneOf =
  (...values: string[]) =>
  ({ input }: { input?: unknown }) =>
    `'${input}' is not one of ${values.join(", ")}`;

const expectedBoolean = ({ input }: { input?: unknown }) =>
  `expected true or false, and it is of type ${typeof input}`;

const roleArn = z.string().regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/, {
  error: ({ input }) => `'${input}' is no role ARN; expected arn:aws:iam::<account>:role/<name>`,
});

const secretArn = z
  .string({ error: required })
  .regex(/^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@!-]{1,519}$/, {
    error: ({ input }) =>
      `'${input}' is no secret's ARN; expected arn:aws:secretsmanager:<region>:<account>:secret:<name>`,
  });

const externalId = z.string().regex(/^[\w+=,.@:/-]{2,1224}$/, {
  error: "is no external id; expected 2 to 1,224 letters, digits or any of _+=,.@:/-",
});

/** A text that can be read, and is as `form` has it; what reading throws is what is wrong with it. */
export function readableBy(parse: (text: string) => unknown, form = z.string({ error: required })) {
  return form.superRefine((text, context) => {
    try {
      parse(text);
    } catch (error) {
      context.addIssue({ code: "custom", message: (error as Error).message });
    }
  });
}

/** Any values will do where only the form is checked. */
const samples = { name: "name", tag: "tag", key: "key", basename: "basename" };

/** Checks the form of a destination, which may have placeholders. Throws RangeError saying what is wrong with it. */
export function checkDestination(text: string): void {
  const [unknown] = unknownAmong(placeholdersOf(text));
  if (unknown !== undefined) {
    throw new RangeError(`has the placeholder {${unknown}}, and there are only ${placeholderForm}`);
  }
  parseEcrImage(fillDestination(text, samples), ecrRepositoryForm);
}

const definition = z.strictObject({
  source: readableBy(parseSource).meta({
    description: `The image to copy, ${sourceReferenceForm}, with Docker's defaults; without tag and digest, latest; an archive's only image, or the one that is named.`,
    examples: [
      "nginx:1.27",
      "111111111111.dkr.ecr.us-east-1.amazonaws.com/team/app:1.4.2",
      "s3://my-bucket/images/app.tar",
    ],
  }),
  destination: readableBy(checkDestination).meta({
    description: `Where to, ${ecrRepositoryForm}; without a tag, the source's tag. For an archive with placeholders: ${placeholderForm}.`,
    examples: [
      "222222222222.dkr.ecr.eu-central-1.amazonaws.com/mirror/app",
      "222222222222.dkr.ecr.eu-central-1.amazonaws.com/vendor/{name}:{tag}",
    ],
  }),
  sourceRoleArn: roleArn.optional().meta({
    description: "The role to read with; without one, the function's own role.",
  }),
  destinationRoleArn: roleArn.optional().meta({
    description: "The role to write with; without one, the function's own role.",
  }),
  sourceExternalId: externalId.optional().meta({ description: "Passed when sourceRoleArn is assumed." }),
  destinationExternalId: externalId
    .optional()
    .meta({ description: "Passed when destinationRoleArn is assumed." }),
  sourceSecretArn: secretArn.optional().meta({
    description:
      'The Secrets Manager secret with the credentials for a registry: {"username", "accessToken"} or {"username", "password"}.',
  }),
  sourceCredentialsSecretArn: secretArn.optional().meta({
    description:
      'The Secrets Manager secret with an AWS access key to read with, in place of a role: {"accessKeyId", "secretAccessKey", "sessionToken"?, "region"?}. No role reaches another partition.',
  }),
  destinationCredentialsSecretArn: secretArn.optional().meta({
    description: "As sourceCredentialsSecretArn, to write with.",
  }),
  createRepository: repositorySettings.optional(),
  layerCompression: z
    .enum(["gzip", "zstd", "none"], { error: oneOf("gzip", "zstd", "none") })
    .optional()
    .meta({
      description: "What becomes of an archive's layers that are not compressed; none puts them as they are.",
      default: "gzip",
    }),
  platforms: z
    .array(readableBy(parsePlatform), { error: "expected a list of platforms, such as [linux/amd64]" })
    .min(1, { error: "is empty; leave it out for all platforms" })
    .optional()
    .meta({
      description: `The platforms to copy of an index, ${platformForm}: one as a plain manifest, several as an index of just these. Without it the whole index, unchanged.`,
      examples: [["linux/amd64", "linux/arm64"]],
    }),
  referrers: z.boolean({ error: expectedBoolean }).optional().meta({
    description:
      "Whether signatures, attestations and SBOMs go along. When it is true and not left out, they are also looked for when the image is in sync.",
    default: true,
  }),
  rule: ruleName.optional().meta({
    description: "The rule that the request is made for: events, metrics and logs name it.",
  }),
  mode: z
    .enum(["apply", "plan"], { error: oneOf("apply", "plan") })
    .optional()
    .meta({
      description:
        "plan copies nothing, and reports what apply would copy; a compressed archive is inflated all the same.",
      default: "apply",
    }),
});

/** One image to replicate: the input of `ReplicateImage`, of the command line and of triggers. */
export type Request = z.infer<typeof definition>;

/** The fields of a request, each with its own check: rules that make requests have most of them. */
export const requestShape = definition.shape;

/** The names of a request's fields. */
export const requestFields = Object.keys(definition.shape) as (keyof Request)[];

/** The JSON Schema of a request, generated from what `parseRequest` checks. */
export function requestSchema(): object {
  return { ...z.toJSONSchema(definition), title: "ecr-replicator request" };
}

/** Checks a request. Throws `RequestInvalid` with every problem there is, one after the other. */
export function parseRequest(input: unknown): Request {
  const result = definition.safeParse(input);
  const problems = [...(result.error?.issues ?? []).map(describe), ...contradictions(input)];
  if (result.success && problems.length === 0) return result.data;
  throw new Failure("RequestInvalid", { operation: "ReadRequest" }, problems.join("; "));
}

function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") {
    return `${issue.keys.join(", ")}: no such field; the fields are ${requestFields.join(", ")}`;
  }
  return `${issue.path.join(".") || "request"}: ${issue.message}`;
}

/** What is wrong between fields of a request that may each be right: sentences that begin with the field. */
export function contradictions(input: unknown): string[] {
  const request: Fields = Object(input);
  const from = readable(() => parseSource(String(request.source)));
  const [source, destination] = [from?.kind === "ecr" ? from : undefined, readDestination(request)];
  const problems = (["source", "destination"] as const).flatMap((side) => {
    const [role, id] = [`${side}RoleArn`, `${side}ExternalId`] as const;
    const unused = request[id] !== undefined && request[role] === undefined;
    const secret = `${side}CredentialsSecretArn` as const;
    const both = request[secret] !== undefined && request[role] !== undefined;
    return [
      ...(unused ? [`${id}: is used only with ${role}, which is absent`] : []),
      ...(both ? [`${secret}: takes the place of ${role}; give one of them`] : []),
      ...crossesPartitions(side, side === "source" ? source : destination, request[role]),
    ];
  });
  problems.push(...wrongForSource(request, from));
  return [
    ...problems,
    ...wrongPlaceholders(request),
    ...wrongDestination(source, destination, request),
    ...wrongTag(request, destination),
  ];
}

type Fields = Partial<Record<keyof Request, unknown>>;

/** Where a request writes, with placeholders filled as far as they are known, and with samples beyond. */
function readDestination({ source, destination }: Fields): EcrImage | undefined {
  const archive = readable(() => parseSource(String(source)));
  const known = archive?.kind === "s3" ? keyPlaceholders(archive.key) : {};
  return readImage(fillDestination(String(destination), { ...samples, ...known }));
}

function wrongPlaceholders({ source, destination }: Fields): string[] {
  const placeholders = placeholdersOf(String(destination));
  const from = readable(() => parseSource(String(source)));
  if (!from || placeholders.length === 0 || problemOf(() => checkDestination(String(destination)))) return [];
  if (from.kind !== "s3") {
    return ["destination: placeholders stand for what an archive is called, and the source is in a registry"];
  }
  const filled = fillDestination(String(destination), { ...samples, ...keyPlaceholders(from.key) });
  const problem = problemOf(() => parseEcrImage(filled, ecrRepositoryForm));
  return problem === undefined ? [] : [`destination: for ${source} it is ${filled}, and ${problem}`];
}

/** An archive's image can have a name that ends in no tag. */
function wrongTag({ source }: Fields, destination?: EcrImage): string[] {
  const archive = readable(() => parseSource(String(source)));
  if (archive?.kind !== "s3" || !destination || destination.tag) return [];
  const tag = defaultTag(archive);
  if (tag === undefined || isTag(tag)) return [];
  return [`destination: needs a tag of its own, since '${tag}', which the source's image has, is none`];
}

/** Fields that say something of another kind of source. */
function wrongForSource(request: Fields, from: SourceReference | undefined): string[] {
  if (!from) return [];
  const isRegistry = from.kind === "registry";
  const roles = ["sourceRoleArn", "sourceExternalId", "sourceCredentialsSecretArn"] as const;
  return [
    ...(request.layerCompression !== undefined && from.kind !== "s3"
      ? ["layerCompression: is used only with an archive in S3, and the source is in a registry"]
      : []),
    ...(request.sourceSecretArn !== undefined && !isRegistry
      ? ["sourceSecretArn: is used only with a registry other than ECR; give a sourceRoleArn"]
      : []),
    ...roles.flatMap((field) =>
      isRegistry && request[field] !== undefined
        ? [
            `${field}: is used only with ECR and S3, and the source is in ${from.repository.host}; give a sourceSecretArn`,
          ]
        : [],
    ),
    ...(Object(request.createRepository).like !== undefined && from.kind !== "ecr"
      ? ["createRepository.like: there are only settings to copy where the source is in ECR"]
      : []),
  ];
}

function wrongDestination(
  source: EcrImage | undefined,
  destination: EcrImage | undefined,
  { sourceCredentialsSecretArn, destinationCredentialsSecretArn }: Fields,
): string[] {
  const hasKeys = (sourceCredentialsSecretArn ?? destinationCredentialsSecretArn) !== undefined;
  const [from, to] = [source?.repository.partition, destination?.repository.partition];
  const digest = destination?.digest;
  return [
    ...(digest
      ? [`destination: has the digest ${digest}; a destination is a repository, with a tag or without`]
      : []),
    ...(from && to && from !== to && !hasKeys
      ? [
          `destination: is in the partition ${to} and the source in ${from}, and no role reaches from one into the other; give one side a credentials secret`,
        ]
      : []),
  ];
}

function crossesPartitions(side: string, image: EcrImage | undefined, role: unknown): string[] {
  const partition = image?.repository.partition;
  if (!partition || typeof role !== "string" || !role.startsWith("arn:")) return [];
  return role.startsWith(`arn:${partition}:`)
    ? []
    : [`${side}RoleArn: '${role}' is of another partition than the ${side}, which is in ${partition}`];
}

function readImage(value: unknown): EcrImage | undefined {
  return readable(() => parseEcrImage(String(value)));
}

/** What is wrong with what cannot be read. */
function problemOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Where a valid request reads. */
export function sourceOf(request: Request): SourceReference {
  return parseSource(request.source);
}

/** Where a valid request without placeholders writes: the repository, and the tag, undefined for an image without one. */
export function destinationOf(request: Request): EcrImage {
  const { repository, tag } = parseEcrImage(request.destination);
  return { repository, tag: tag ?? defaultTag(sourceOf(request)) };
}
