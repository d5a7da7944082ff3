import { createHash } from "node:crypto";
import * as z from "zod";
import { type Problem, problemsOf } from "./problem.ts";
import { contradictions, type Request, requestShape } from "./request.ts";
import { bucketNameForm, formatS3Object } from "./s3-object.ts";

const leaveOut = { error: "is empty; leave it out" };

// S3's longest key (Amazon S3 User Guide, "Object key naming guidelines").
const keyPart = z.string().min(1, leaveOut).max(1024, { error: "is longer than a key, 1,024 characters" });

const suffix = z.union([keyPart, z.array(keyPart).min(1, leaveOut)], {
  error: "expected the end of a key, such as .tar, or a list of such",
});

const noBucketName = ({ input }: { input?: unknown }) =>
  `'${input}' is no bucket name: ${bucketNameForm.accepted}`;

const uploads = z.strictObject({
  bucket: z.string().regex(bucketNameForm.pattern, { error: noBucketName }).meta({
    description:
      "The bucket that is watched: of the pipeline's account and Region, with events to EventBridge on.",
  }),
  prefix: keyPart.optional().meta({ description: "What the key has to begin with.", examples: ["images/"] }),
  suffix: suffix.optional().meta({
    description: "What the key has to end with; of a list, with any of it.",
    examples: [[".tar", ".tar.gz"]],
  }),
});

const trigger = z
  .strictObject({ s3: uploads.meta({ description: "Every upload of an object: the object is the source." }) })
  .meta({ description: "What starts the rule: of one kind." });

const { source: _source, mode: _mode, ...fields } = requestShape;

const name = z
  .string()
  .regex(/^[a-z0-9-]{1,40}$/, {
    error: ({ input }) => `'${input}' is no name of a rule; expected 1 to 40 of a-z, 0-9 and '-'`,
  })
  .meta({ description: "The name of the rule, with which the names of its executions begin." });

/** What a rule consists of: a request without its source, which the trigger gives, and the triggers. */
export const ruleDefinition = z.strictObject({
  name,
  ...fields,
  triggers: z
    .array(trigger)
    .min(1, { error: "is empty, and nothing else starts a rule" })
    .meta({ description: "What starts the rule: any of these." }),
});

/** A request that is made again and again, each time one of the triggers fires. */
export type Rule = z.infer<typeof ruleDefinition>;

/** What a rule's requests have in common. */
export type RequestTemplate = Omit<Rule, "name" | "triggers">;

/** Everything that is wrong with a list of rules. */
export function ruleProblems(rules: unknown): Problem[] {
  return [...problemsOf(z.array(ruleDefinition), rules), ...ruleContradictions(rules)];
}

/** What is wrong between the fields of rules that may each be right, and between rules. */
export function ruleContradictions(rules: unknown): Problem[] {
  if (!Array.isArray(rules)) return [];
  const names = rules.map((rule) => Object(rule).name);
  return rules.flatMap((rule, at) => [
    ...(names[at] !== undefined && names.indexOf(names[at]) < at
      ? [{ path: [at, "name"], message: `'${names[at]}' is the name of another rule, too` }]
      : []),
    // Whichever object it is, it is an archive in S3.
    ...contradictions({ ...Object(rule), source: "s3://bucket/key" }).map((text) => inRule(at, text)),
  ]);
}

/** A sentence that begins with the field it is about. */
function inRule(rule: number, sentence: string): Problem {
  const colon = sentence.indexOf(": ");
  return { path: [rule, sentence.slice(0, colon)], message: sentence.slice(colon + 2) };
}

/** What the requests of a valid rule have in common. */
export function templateOf({ name: _name, triggers: _triggers, ...template }: Rule): RequestTemplate {
  return template;
}

/** The request for an uploaded object. */
export function requestOf(template: RequestTemplate, object: { bucket: string; key: string }): Request {
  return { source: formatS3Object(object), ...template };
}

/**
 * The name of the execution for a version of an object: the same for the same version, up to 80 characters
 * (Step Functions API Reference, StartExecution, name).
 */
export function executionNameOf(
  rule: string,
  { bucket, key, version }: { bucket: string; key: string; version: string },
): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([bucket, key, version]))
    .digest("hex");
  return `${rule}-${hash.slice(0, 32)}`;
}
