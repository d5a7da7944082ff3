import type { Call } from "./http.ts";
import { Refusal } from "./refusal.ts";

/** The whole body of a call; throws a Refusal (413) when it is longer than `limit` bytes. */
export async function readBody(call: Pick<Call, "body">, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of call.body) {
    size += chunk.length;
    if (size > limit)
      throw new Refusal("RequestEntityTooLarge", `The body is longer than ${limit} bytes.`, 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The body as a JSON object; throws SerializationException when it is anything else. */
export async function readJson(call: Pick<Call, "body">, limit: number): Promise<Record<string, unknown>> {
  const text = (await readBody(call, limit)).toString("utf8");
  try {
    const value: unknown = JSON.parse(text || "{}");
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // Falls through to the one refusal for everything that is not an object.
  }
  throw new Refusal("SerializationException", "The request body is not a JSON object.");
}
