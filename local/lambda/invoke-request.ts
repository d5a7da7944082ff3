import { readBody } from "../body.ts";
import type { Call, Caller } from "../http.ts";
import { Refusal } from "../refusal.ts";

/** How a function is invoked: for its answer, as an event, or only to see whether it could be. */
export type InvocationType = "RequestResponse" | "Event" | "DryRun";

/** The function that a call asks for; the ARN is without the qualifier. */
export interface InvokeTarget {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  readonly qualifier: string | undefined;
}

const PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations\/?$/;
// The three forms of the API reference: an ARN, a part of one, a name; each with a qualifier or without.
const NAME =
  /^(?:(?:arn:aws[a-zA-Z-]*:lambda:([a-z]{2}(?:-[a-z]+)+-\d):)?(\d{12}):function:)?([\w-]{1,64})(?::(\$LATEST|[\w-]{1,128}))?$/;
// Lambda's quotas for a payload.
const LIMITS = { RequestResponse: 6 * 1024 * 1024, Event: 1024 * 1024, DryRun: 6 * 1024 * 1024 };
// Each with the value that asks for nothing.
const UNSUPPORTED: readonly [header: string, nothing: string][] = [
  ["x-amz-log-type", "None"],
  ["x-amz-client-context", ""],
  ["x-amz-durable-execution-name", ""],
  ["x-amz-tenant-id", ""],
];

/** Whether a call is Invoke, the one operation of Lambda's API that local AWS has. */
export function isInvoke({ method, path }: Call): boolean {
  return method === "POST" && PATH.test(path);
}

/** Reads which function is meant; throws ValidationException or InvalidParameterValueException. */
export function readTarget({ path, query }: Call, caller: Caller): InvokeTarget {
  const given = decoded(PATH.exec(path)?.[1] ?? "");
  const [, region = caller.region, account = caller.account, name = "", version] = NAME.exec(given) ?? [];
  if (!name)
    throw invalid("functionName", given, `Member must satisfy regular expression pattern: ${NAME.source}`);
  const qualifier = query.get("Qualifier") ?? undefined;
  if (version && qualifier && version !== qualifier) {
    throw new Refusal(
      "InvalidParameterValueException",
      "The derived qualifier from the function name does not match the specified qualifier.",
    );
  }
  const arn = `arn:aws:lambda:${region}:${account}:function:${name}`;
  return { name, arn, region, qualifier: version ?? qualifier };
}

/** Reads how it is meant; throws ValidationException, or InvalidParameterValueException for what local AWS does not have. */
export function readType({ headers }: Call): InvocationType {
  for (const [header, nothing] of UNSUPPORTED) {
    const value = headers[header] ?? nothing;
    if (value !== nothing) {
      throw new Refusal("InvalidParameterValueException", `${header} ${value} is not supported by local AWS`);
    }
  }
  const type = headers["x-amz-invocation-type"] ?? "RequestResponse";
  if (Object.hasOwn(LIMITS, type)) return type as InvocationType;
  const accepted = Object.keys(LIMITS).join(", ");
  throw invalid("invocationType", type, `Member must satisfy enum value set: [${accepted}]`);
}

/** Reads the event as JSON text, `{}` when there is none; throws RequestEntityTooLargeException or InvalidRequestContentException. */
export async function readPayload(call: Call, type: InvocationType): Promise<string> {
  const limit = LIMITS[type];
  const body = await readBody(call, limit).catch(() => {
    const text = `Request must be smaller than ${limit} bytes for the InvokeFunction operation`;
    throw new Refusal("RequestEntityTooLargeException", text, 413);
  });
  if (body.length === 0) return "{}";
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
    JSON.parse(text);
    return text;
  } catch (error) {
    const text = `Could not parse request body into json: Could not parse payload into json: ${(error as Error).message}`;
    throw new Refusal("InvalidRequestContentException", text);
  }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw invalid("functionName", segment, "Member must be percent-encoded UTF-8");
  }
}

function invalid(field: string, value: string, constraint: string): Refusal {
  const text = `1 validation error detected: Value '${value}' at '${field}' failed to satisfy constraint: ${constraint}`;
  return new Refusal("ValidationException", text);
}
