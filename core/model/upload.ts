import { createHash } from "node:crypto";
import type { Request } from "./request.ts";
import { type Rule, requestFieldsOf } from "./rule.ts";
import { formatS3Object } from "./s3-object.ts";

/** What the requests of a rule that uploads start have in common. */
export type RequestTemplate = Omit<Request, "source" | "mode">;

/** What the requests of a valid rule have in common. */
export function templateOf(rule: Rule): RequestTemplate {
  return { ...requestFieldsOf(rule), destination: rule.destination };
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
