import assert from "node:assert/strict";
import { sha256 } from "./skopeo.ts";

/** A descriptor of something in a repository. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** Pushes a blob to a repository over plain http, such as `http://127.0.0.1:5000/v2/team/app`. */
export async function pushBlob(repository: string, body: Buffer, mediaType: string): Promise<Descriptor> {
  const digest = sha256(body);
  const opened = await fetch(`${repository}/blobs/uploads/`, { method: "POST" });
  assert.equal(opened.status, 202);
  const upload = new URL(opened.headers.get("location") ?? "", repository);
  upload.searchParams.set("digest", digest);
  const headers = { "content-type": "application/octet-stream" };
  const closed = await fetch(upload, { method: "PUT", headers, body: new Uint8Array(body) });
  assert.equal(closed.status, 201, await closed.text());
  return { mediaType, digest, size: body.length };
}

/** Pushes a manifest under a tag, or under its digest. */
export async function pushManifest(
  repository: string,
  tag: string | undefined,
  manifest: { readonly mediaType: string; readonly [field: string]: unknown },
): Promise<Descriptor> {
  const { mediaType } = manifest;
  const body = Buffer.from(JSON.stringify(manifest));
  const digest = sha256(body);
  const url = `${repository}/manifests/${tag ?? digest}`;
  const headers = { "content-type": mediaType };
  const put = await fetch(url, { method: "PUT", headers, body: new Uint8Array(body) });
  assert.equal(put.status, 201, await put.text());
  return { mediaType, digest, size: body.length };
}

/** Pushes a small image that only this tag has, with so many layers. */
export async function pushImage(repository: string, tag: string, layers: number): Promise<Descriptor> {
  const image = "application/vnd.oci.image";
  const contents = Array.from({ length: layers }, (_, at) => Buffer.from(`layer ${at} of ${tag}`));
  const pushed = contents.map((each) => pushBlob(repository, each, `${image}.layer.v1.tar`));
  const config = Buffer.from(JSON.stringify({ os: "linux", config: { Labels: { tag } } }));
  return pushManifest(repository, tag, {
    schemaVersion: 2,
    mediaType: `${image}.manifest.v1+json`,
    config: await pushBlob(repository, config, `${image}.config.v1+json`),
    layers: await Promise.all(pushed),
  });
}
