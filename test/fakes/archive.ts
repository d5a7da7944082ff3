import type { Archive } from "../../core/archive/archive-source.ts";
import type { Place } from "../../core/archive/random-access.ts";
import { digestOf } from "../../core/model/digest.ts";
import { blobOf, type Content } from "./image.ts";
import { CountedArchive } from "./tar.ts";

/** The files of an archive by name, as text, bytes or JSON. */
export type Files = Record<string, Uint8Array | string | object>;

/** An archive in memory as a source reads it: what is read of it is counted, and a chunk is overwritten by the next. */
export class MemoryArchive extends CountedArchive implements Archive {
  readonly pin = { etag: '"of the test"' };

  async *stream({ offset, size }: Place): AsyncGenerator<Uint8Array> {
    const buffer = new Uint8Array(64 * 1024);
    for (let at = offset; at < offset + size; ) {
      const bytes = await this.read(at, Math.min(buffer.length, offset + size - at));
      buffer.set(bytes);
      at += bytes.length;
      yield buffer.subarray(0, bytes.length);
    }
  }
}

/** An image, and the name that a layout lists it under, if any. */
export interface Listed {
  readonly content: Content;
  readonly name?: string;
}

/** Where an OCI layout has the blob of a digest. */
export function blobPath(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}

/** The files of an OCI layout of these images. */
export function ociFiles(...images: readonly Listed[]): Files {
  const blobs = images.flatMap(({ content }) => [...content.manifests, ...content.blobs]);
  const manifests = images.map(({ content, name }) => ({
    ...content.root,
    ...(name && { annotations: { "org.opencontainers.image.ref.name": name } }),
  }));
  return {
    "oci-layout": { imageLayoutVersion: "1.0.0" },
    "index.json": { schemaVersion: 2, manifests },
    ...Object.fromEntries(blobs.map(([digest, bytes]) => [blobPath(digest), bytes])),
  };
}

/** A layer of a Docker archive. */
export interface DockerLayerFile {
  readonly path: string;
  /** As it lies in the archive. */
  readonly bytes: Uint8Array;
  /** Of the layer without compression, when the bytes are compressed. */
  readonly diffId?: string;
}

/** A Docker archive's config of these layers, with the odd white space that must survive. */
export function dockerConfig(layers: readonly DockerLayerFile[]): Uint8Array {
  const diffIds = layers.map(({ bytes, diffId }) => diffId ?? digestOf(bytes));
  return Buffer.from(`{ "architecture":"arm64",\n "rootfs": {"diff_ids":${JSON.stringify(diffIds)}}}\n`);
}

/** The files of what `docker save` writes of one image. */
export function dockerFiles(layers: readonly DockerLayerFile[], name?: string): Files {
  const config = dockerConfig(layers);
  const path = `${digestOf(config).slice(7)}.json`;
  const listed = { Config: path, RepoTags: name ? [name] : null, Layers: layers.map((layer) => layer.path) };
  return {
    ...Object.fromEntries(layers.map((layer) => [layer.path, layer.bytes])),
    [path]: config,
    "manifest.json": [listed],
  };
}

/** The image that a Docker archive becomes when its layers are put as they lie; `suffix` is of their media type. */
export function dockerContent(layers: readonly DockerLayerFile[], suffix = ""): Content {
  const config = dockerConfig(layers);
  const oci = "application/vnd.oci.image";
  const descriptor = (mediaType: string, bytes: Uint8Array) => {
    const { digest, size } = blobOf(bytes);
    return `{"mediaType":"${mediaType}","digest":"${digest}","size":${size}}`;
  };
  const listed = layers.map(({ bytes }) => descriptor(`${oci}.layer.v1.tar${suffix}`, bytes));
  const mediaType = `${oci}.manifest.v1+json`;
  const text = `{"schemaVersion":2,"mediaType":"${mediaType}","config":${descriptor(`${oci}.config.v1+json`, config)},"layers":[${listed}]}`;
  const bytes = Buffer.from(text);
  const root = { mediaType, ...blobOf(bytes) };
  return {
    root,
    manifests: new Map([[root.digest, bytes]]),
    blobs: new Map([config, ...layers.map((layer) => layer.bytes)].map((blob) => [digestOf(blob), blob])),
  };
}
