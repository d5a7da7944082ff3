import { createHash, createHmac } from "node:crypto";
import type { Call } from "./http.ts";
import { Refusal } from "./refusal.ts";

/** What a SigV4 Authorization header says. */
export interface Signed {
  readonly accessKeyId: string;
  /** `YYYYMMDD/region/service/aws4_request`. */
  readonly scope: string;
  readonly region: string;
  /** The signing name, such as `ecr`. */
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 +Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request, *SignedHeaders=([^,\s]+), *Signature=([0-9a-f]{64})$/;

/** Reads the Authorization header; undefined when it is absent or not SigV4's, IncompleteSignature when SigV4's but malformed. */
export function readAuthorization(authorization: string | undefined): Signed | undefined {
  if (!authorization?.startsWith("AWS4-HMAC-SHA256")) return undefined;
  const [, accessKeyId, date, region, service, signedHeaders, signature] =
    AUTHORIZATION.exec(authorization) ?? [];
  if (!accessKeyId || !region || !service || !signedHeaders || !signature) {
    throw new Refusal(
      "IncompleteSignatureException",
      `'${authorization.slice(0, 80)}' is not a SigV4 Authorization header.`,
    );
  }
  const scope = `${date}/${region}/${service}/aws4_request`;
  return { accessKeyId, scope, region, service, signedHeaders: signedHeaders.split(";"), signature };
}

/** The SigV4 signature that this call must carry when it was signed with `secret`; `payloadHash` is the body's SHA-256 as signed. */
export function signatureOf(call: Call, signed: Signed, secret: string, payloadHash: string): string {
  const time = call.headers["x-amz-date"] ?? "";
  const canonical = canonicalRequest(call, signed, payloadHash);
  const text = ["AWS4-HMAC-SHA256", time, signed.scope, sha256(canonical)].join("\n");
  const key = signed.scope
    .split("/")
    .reduce<string | Buffer>((from, part) => hmac(from, part), `AWS4${secret}`);
  return hmac(key, text).toString("hex");
}

/** Hex SHA-256. */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

function canonicalRequest(call: Call, signed: Signed, payloadHash: string): string {
  const headers = signed.signedHeaders.map(
    (name) => `${name}:${(call.headers[name] ?? "").trim().replace(/ +/g, " ")}\n`,
  );
  return [
    call.method,
    canonicalPath(call.path, signed.service),
    canonicalQuery(call.query),
    headers.join(""),
    signed.signedHeaders.join(";"),
    payloadHash,
  ].join("\n");
}

/** Every service but S3 signs the path encoded once more than it is sent (IAM User Guide, "Create a canonical request"). */
function canonicalPath(path: string, service: string): string {
  return service === "s3" ? path : path.split("/").map(encode).join("/");
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
