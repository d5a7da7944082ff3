import { readBody } from "../body.ts";
import type { Call } from "../http.ts";
import { EcrError } from "./errors.ts";

/** The largest body read: a part of 20 MiB in base64, and room for the rest of the request. */
const largestBody = 32 * 1024 * 1024;

/** A request's body as a JSON object, null members left out. `layerPartBlob` is bytes already. Throws SerializationException. */
export async function readRequest(call: Call): Promise<Record<string, unknown>> {
  const { blob, json } = cutBlob(await readBody(call, largestBody));
  const request = parseObject(json);
  const encoded = blob ?? request["layerPartBlob"];
  if (encoded !== undefined && encoded !== null) request["layerPartBlob"] = decode(encoded);
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== null));
}

/** Takes a part's base64 out of the body, so that JSON.parse need not walk through 14 MB of it. */
function cutBlob(body: Buffer): { blob?: string; json: string } {
  const name = body.indexOf('"layerPartBlob"');
  const colon = name < 0 ? -1 : body.indexOf(":", name);
  const start = colon < 0 ? -1 : body.indexOf('"', colon);
  const end = start < 0 ? -1 : body.indexOf('"', start + 1);
  if (end < 0 || body.toString("latin1", colon + 1, start).trim() !== "")
    return { json: body.toString("utf8") };
  const blob = body.toString("latin1", start + 1, end);
  // An escaped character would need JSON's rules: rare enough to take the slow way.
  if (blob.includes("\\")) return { json: body.toString("utf8") };
  return { blob, json: `${body.toString("utf8", 0, start)}""${body.toString("utf8", end + 1)}` };
}

function parseObject(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json === "" ? "{}" : json);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // Falls through: the answer is the same as for JSON of another kind.
  }
  throw new EcrError("SerializationException", "The request's body is not a JSON object");
}

function decode(base64: unknown): Buffer {
  if (typeof base64 !== "string") throw notBase64();
  const bytes = Buffer.from(base64, "base64");
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  // Node skips what is not base64, so a wrong character shows as a wrong length.
  if (base64.length % 4 === 0 && bytes.length === (base64.length / 4) * 3 - padding) return bytes;
  throw notBase64();
}

function notBase64(): EcrError {
  return new EcrError("SerializationException", "layerPartBlob is not base64");
}
