import { createReadStream } from "node:fs";
import type { Call, Reply } from "../http.ts";
import { Refusal } from "../refusal.ts";
import type { Bucket, StoredObject } from "./bucket.ts";

/** The answer to GET and HEAD of an object: whole or one range of it, if its ETag is the wanted one. */
export function objectReply({ method, headers }: Call, bucket: Bucket, object: StoredObject): Reply {
  checkConditions(headers, object);
  const range = rangeOf(headers["range"], object.size);
  const { start, end } = range ?? { start: 0, end: object.size - 1 };
  const reply = {
    status: range ? 206 : 200,
    headers: {
      "accept-ranges": "bytes",
      "content-length": String(end - start + 1),
      "last-modified": new Date(object.lastModified).toUTCString(),
      etag: object.etag,
      ...object.headers,
      ...(range && { "content-range": `bytes ${start}-${end}/${object.size}` }),
    },
  };
  if (method === "HEAD" || object.size === 0) return reply;
  return { ...reply, body: createReadStream(bucket.path(object.key), { start, end }) };
}

function checkConditions(headers: Call["headers"], { etag }: StoredObject): void {
  const names = (given: string) =>
    given === "*" ||
    given.split(",").some((one) => one.trim().replaceAll('"', "") === etag.replaceAll('"', ""));
  const { "if-match": wanted, "if-none-match": unwanted } = headers;
  if (wanted !== undefined && !names(wanted)) {
    throw new Refusal(
      "PreconditionFailed",
      "At least one of the pre-conditions you specified did not hold",
      412,
    );
  }
  if (unwanted !== undefined && names(unwanted)) throw new Refusal("NotModified", "Not Modified", 304);
}

/** One range in bytes, both ends included; undefined when there is none or it is not of a form that S3 heeds. */
function rangeOf(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== "" && last !== "" && Number(last) < start) return undefined;
  if (start >= size) throw new Refusal("InvalidRange", "The requested range is not satisfiable", 416);
  return { start, end };
}
