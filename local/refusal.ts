import { randomUUID } from "node:crypto";
import type { Reply } from "./http.ts";
import { element } from "./xml.ts";

/** A call that a service refuses; `name` is the AWS error name and `message` the text AWS gives. */
export class Refusal extends Error {
  /** HTTP status of the answer. */
  readonly status: number;
  constructor(name: string, message: string, status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

/** How a service words its errors: AWS JSON, the query protocol (STS) or S3's XML. */
export type ErrorShape = "json" | "query" | "s3";

/** The answer that tells a refusal to the client in its service's protocol. */
export function refusalReply(refusal: Refusal, shape: ErrorShape): Reply {
  if (shape === "json") {
    const body = { __type: refusal.name, message: refusal.message };
    return { ...jsonReply(body, refusal.status), error: refusal.name };
  }
  const code = refusal.name === "AccessDeniedException" ? "AccessDenied" : refusal.name;
  // AWS answers a refused call with 400 in its JSON protocols and 403 in the XML ones.
  const status = code === "AccessDenied" ? 403 : refusal.status;
  const fields = { Code: code, Message: refusal.message };
  const error =
    shape === "s3"
      ? element("Error", { ...fields, RequestId: randomUUID() })
      : element("ErrorResponse", { Error: { Type: "Sender", ...fields }, RequestId: randomUUID() });
  return {
    status,
    headers: { "content-type": "text/xml" },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${error}`,
  };
}

/** A JSON answer, as AWS JSON services send it. */
export function jsonReply(value: unknown, status = 200): Reply {
  return { status, headers: { "content-type": "application/x-amz-json-1.1" }, body: JSON.stringify(value) };
}
