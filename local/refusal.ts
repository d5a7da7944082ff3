import { randomUUID } from "node:crypto";
import type { Reply } from "./http.ts";
import { element } from "./xml.ts";

/** A call that a service refuses; `name` is the AWS error name and `message` the text AWS gives. */
export class Refusal extends Error {
  /** HTTP status of the answer in AWS JSON; the XML shapes may have their own. */
  readonly status: number;
  constructor(name: string, message: string, status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

/** How a service words its errors: AWS JSON, REST with JSON (Lambda), the query protocol (STS), S3's XML or the OCI registry's JSON. */
export type ErrorShape = "json" | "rest" | "query" | "s3" | "registry";

// The same refusal has another name and status in each protocol.
const WORDINGS: Record<Exclude<ErrorShape, "json">, Record<string, [code: string, status: number]>> = {
  rest: {
    AccessDeniedException: ["AccessDeniedException", 403],
    UnrecognizedClientException: ["UnrecognizedClientException", 403],
    ExpiredTokenException: ["ExpiredTokenException", 403],
    InvalidSignatureException: ["InvalidSignatureException", 403],
    IncompleteSignatureException: ["IncompleteSignatureException", 403],
    ThrottlingException: ["TooManyRequestsException", 429],
    ServerException: ["ServiceException", 500],
  },
  query: {
    AccessDeniedException: ["AccessDenied", 403],
    UnrecognizedClientException: ["InvalidClientTokenId", 403],
    ExpiredTokenException: ["ExpiredToken", 403],
    InvalidSignatureException: ["SignatureDoesNotMatch", 403],
    IncompleteSignatureException: ["IncompleteSignature", 403],
    ThrottlingException: ["Throttling", 400],
    ServerException: ["InternalFailure", 500],
  },
  s3: {
    AccessDeniedException: ["AccessDenied", 403],
    UnrecognizedClientException: ["InvalidAccessKeyId", 403],
    ExpiredTokenException: ["ExpiredToken", 400],
    InvalidSignatureException: ["SignatureDoesNotMatch", 403],
    ThrottlingException: ["SlowDown", 503],
    ServerException: ["InternalError", 500],
  },
  registry: {
    AccessDeniedException: ["DENIED", 403],
    ThrottlingException: ["TOOMANYREQUESTS", 429],
    ServerException: ["UNKNOWN", 500],
  },
};

/** The answer that tells a refusal to the client in its service's protocol. */
export function refusalReply({ name, message, status }: Refusal, shape: ErrorShape): Reply {
  if (shape === "json") return { ...jsonReply({ __type: name, message }, status), error: name };
  const [code, wordedStatus] = WORDINGS[shape][name] ?? [name, status];
  return { status: wordedStatus, error: code, ...wordings[shape](code, message) };
}

/** A JSON answer, as AWS JSON services send it. */
export function jsonReply(value: unknown, status = 200): Reply {
  return { status, headers: { "content-type": "application/x-amz-json-1.1" }, body: JSON.stringify(value) };
}

// Lambda's model spells the member so in some of its errors, and small in the others.
const CAPITAL_MESSAGE = ["AccessDeniedException", "ResourceNotFoundException", "ServiceException"];

const wordings = {
  rest: (code: string, message: string) => ({
    headers: { "content-type": "application/json", "x-amzn-errortype": code },
    body: JSON.stringify({
      Type: code === "ServiceException" ? "Service" : "User",
      [CAPITAL_MESSAGE.includes(code) ? "Message" : "message"]: message,
    }),
  }),
  query: (Code: string, Message: string) =>
    xml(element("ErrorResponse", { Error: { Type: "Sender", Code, Message }, RequestId: randomUUID() })),
  s3: (Code: string, Message: string) => xml(element("Error", { Code, Message, RequestId: randomUUID() })),
  registry: (code: string, message: string) => ({
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ errors: [{ code, message }] }),
  }),
};

function xml(text: string): Pick<Reply, "headers" | "body"> {
  return { headers: { "content-type": "text/xml" }, body: `<?xml version="1.0" encoding="UTF-8"?>\n${text}` };
}
