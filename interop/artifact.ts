import { type Descriptor, pushBlob, pushManifest } from "./push.ts";

const image = "application/vnd.oci.image";

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
  await pushManifest(repository, descriptor.digest.replace(":", "-"), index);
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
  return pushManifest(repository, tag, manifest);
}
