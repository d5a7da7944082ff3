import { z } from "zod";
import { EcrError, invalidParameter } from "./errors.ts";

/** Twelve digits. */
export const registryId = z.string().regex(/^[0-9]{12}$/);

/** As ECR's model bounds it: `a--b` is one, `a..b` is not. */
export const repositoryName = z
  .string()
  .min(2)
  .max(256)
  .regex(/^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/);

/** The fields that address a repository. */
export const repositoryFields = { registryId: registryId.optional(), repositoryName };

/** A digest by any algorithm. */
export const layerDigest = z.string().regex(/^[a-zA-Z0-9_+.-]+:[a-fA-F0-9]+$/);

/** A UUID. */
export const uploadId = z
  .string()
  .regex(/^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/);

/** Up to 100 images; what is wrong with one digest or tag is that item's failure, not the call's. */
export const imageIds = z
  .array(z.object({ imageDigest: z.string().optional(), imageTag: z.string().min(1).max(300).optional() }))
  .min(1)
  .max(100);

/** The paging fields of most lists. */
export const pageFields = {
  nextToken: z.string().optional(),
  maxResults: z.number().int().min(1).max(1000).optional(),
};

/** The filter of ListImages and DescribeImages; no image here is ever archived. */
export const imageFilter = z.object({
  tagStatus: z.enum(["TAGGED", "UNTAGGED", "ANY"]).optional(),
  imageStatus: z.enum(["ACTIVE", "ARCHIVED", "ACTIVATING", "ANY"]).optional(),
});

/** Reads a request by its shape. Throws SerializationException for a wrong JSON type, InvalidParameterException for the rest. */
export function readInput<Input>(shape: z.ZodType<Input>, input: unknown): Input {
  const { data, error } = shape.safeParse(input);
  if (!error) return data;
  const wrongType = error.issues.find(
    (issue) => issue.code === "invalid_type" && valueAt(input, issue.path) !== undefined,
  );
  if (wrongType)
    throw new EcrError("SerializationException", `${wrongType.path.join(".")}: ${wrongType.message}`);
  const [issue] = error.issues;
  if (!issue) throw new Error("a request was refused without a reason");
  throw invalidParameter(
    issue.path.join("."),
    valueAt(input, issue.path) === undefined ? "must not be null" : constraintOf(issue),
  );
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)[key], input);
}

function constraintOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "too_small")
    return `must have ${measure(issue.origin)} greater than or equal to ${issue.minimum}`;
  if (issue.code === "too_big")
    return `must have ${measure(issue.origin)} less than or equal to ${issue.maximum}`;
  if (issue.code === "invalid_format")
    return `must satisfy regular expression '${issue.pattern?.replace(/^\/\^?|\$?\/$/g, "")}'`;
  if (issue.code === "invalid_value")
    return `must satisfy enum value set: [${issue.values.map(String).join(", ")}]`;
  return issue.message;
}

function measure(origin: string): string {
  return origin === "number" || origin === "int" ? "value" : "length";
}
