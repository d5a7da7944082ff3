import { Refusal } from "../refusal.ts";
import type { XmlValue } from "../xml.ts";
import type { Bucket, StoredObject } from "./bucket.ts";

/** ListObjectsV2: prefix, delimiter, paging by continuation token or start-after, URL-encoded keys when asked for. */
export function listObjects(bucket: Bucket, query: URLSearchParams): XmlValue {
  const { prefix, delimiter, most, after } = parameters(query);
  const encode = query.get("encoding-type") === "url" ? urlEncoded : (text: string) => text;
  const entries = grouped(bucket.list(), { prefix, delimiter }).filter(({ name }) => name > after);
  const page = entries.slice(0, most);
  const truncated = entries.length > page.length;
  return {
    Name: bucket.identity.name,
    Prefix: encode(prefix),
    ...(delimiter && { Delimiter: encode(delimiter) }),
    ...(query.has("encoding-type") && { EncodingType: "url" }),
    KeyCount: page.length,
    MaxKeys: most,
    IsTruncated: truncated,
    ...(truncated && { NextContinuationToken: Buffer.from(page.at(-1)?.name ?? "").toString("base64url") }),
    Contents: page.flatMap(({ name, object }) => (object ? [contents(object, encode(name))] : [])),
    CommonPrefixes: page.flatMap(({ name, object }) => (object ? [] : [{ Prefix: encode(name) }])),
  };
}

interface Entry {
  readonly name: string;
  /** Absent for a common prefix. */
  readonly object?: StoredObject;
}

function grouped(
  objects: readonly StoredObject[],
  { prefix, delimiter }: { prefix: string; delimiter: string },
): Entry[] {
  const entries = new Map<string, Entry>();
  for (const object of objects) {
    if (!object.key.startsWith(prefix)) continue;
    const end = delimiter ? object.key.indexOf(delimiter, prefix.length) : -1;
    const name = end < 0 ? object.key : object.key.slice(0, end + delimiter.length);
    entries.set(name, end < 0 ? { name, object } : { name });
  }
  return [...entries.values()];
}

function parameters(query: URLSearchParams) {
  const most = Number(query.get("max-keys") ?? 1000);
  if (!Number.isInteger(most) || most < 0)
    throw new Refusal("InvalidArgument", "Argument maxKeys must be an integer between 0 and 2147483647");
  const token = query.get("continuation-token");
  const after =
    token === null ? (query.get("start-after") ?? "") : Buffer.from(token, "base64url").toString("utf8");
  return {
    prefix: query.get("prefix") ?? "",
    delimiter: query.get("delimiter") ?? "",
    most: Math.min(most, 1000),
    after,
  };
}

function contents({ lastModified, etag, size }: StoredObject, key: string): XmlValue {
  return { Key: key, LastModified: lastModified, ETag: etag, Size: size, StorageClass: "STANDARD" };
}

function urlEncoded(text: string): string {
  return encodeURIComponent(text).replaceAll("%2F", "/").replaceAll("%20", "+");
}
