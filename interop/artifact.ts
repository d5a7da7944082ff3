import assert from "node:assert/strict";
import { sha256 } from "./skopeo.ts";

const image = "application/vnd.oci.image";

/** A descriptor of something in a repository. */
interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** The type of the artifacts that are pushed. */
export const artifactType = "application/vnd.example.interop";

/** A repository of a registry over plain http, and a manifest in it. */
export interface Subject {
  /** Such as `http://127.0.0.1:5000/v2/team/app`. */
  readonly repository: string;
  readonly descriptor: Descriptor;
}

/** Pushes an artifact that refers to a manifest by `subject`, and the index that lists it where there is no API for that: its digest. */
export async function attachReferrer({ repository, descriptor }: Subject): Promise<string> {
  const artifact = await pushArtifact(repository, { artifactType, subject: descriptor });
  const manifests = [{ ...artifact, artifactType }];
  const index = { schemaVersion: 2, mediaType: `${image}.index.v1+json`, manifests };
  await putManifest(repository, descriptor.digest.replace(":", "-"), index);
  return artifact.digest;
}

/** Pushes an artifact under the tag that cosign gives to a manifest's signature: its tag and digest. */
export async function attachSignature({ repository, descriptor }: Subject): Promise<[string, string]> {
  const tag = `${descriptor.digest.replace(":", "-")}.sig`;
  const { digest } = await pushArtifact(repository, {}, tag);
  return [tag, digest];
}

async function pushArtifact(repository: string, also: object, tag?: string): Promise<Descriptor> {
  const [config, layer] = [Buffer.from("{}"), Buffer.from(JSON.stringify({ tag, signed: repository }))];
  const manifest = {
    schemaVersion: 2,
    mediaType: `${image}.manifest.v1+json`,
    config: await pushBlob(repository, config, `${image}.config.v1+json`),
    layers: [await pushBlob(repository, layer, "application/vnd.dev.cosign.simplesigning.v1+json")],
    ...also,
  };
  return putManifest(repository, tag, manifest);
}

async function pushBlob(repository: string, body: Buffer, mediaType: string): Promise<Descriptor> {
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

async function putManifest(
  repository: string,
  tag: string | undefined,
  manifest: { readonly mediaType: string },
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
