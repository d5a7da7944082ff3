import type { Descriptor } from "../../core/model/descriptor.ts";
import { digestOf } from "../../core/model/digest.ts";
import { type Content, families, image } from "../fakes/image.ts";
import { pushBlob, pushManifest, pushStream, type Repository } from "./repository.ts";

/** Bytes. */
export const MiB = 1024 * 1024;

/** The part size that ECR asks for, in bytes. */
export const partSize = 10 * MiB;

/** The bytes of a layer in chunks of a MiB, each of which tells its place and the seed: no two are the same. */
export function* chunksOf(size: number, seed = 1): Generator<Buffer> {
  for (let at = 0; at < size; at += MiB) {
    const chunk = Buffer.alloc(Math.min(MiB, size - at), `${seed}:${at};`);
    yield chunk;
  }
}

/** The same bytes in one piece. */
export function layerBytes(size: number, seed = 1): Buffer {
  return Buffer.concat([...chunksOf(size, seed)]);
}

/** An image of layers of these sizes in bytes, different from those of every other seed. */
export function imageOfLayers(sizes: readonly number[], seed = 1): Content {
  return image({ layers: sizes.map((size, at) => layerBytes(size, seed * 1_000 + at)) });
}

/** Pushes an image of one layer without ever holding it in memory: the layer, and the digest of the image. */
export async function pushLargeImage(
  repository: Repository,
  size: number,
  tag: string,
): Promise<{ layer: { digest: string; size: number }; root: Descriptor }> {
  const { config, layer: mediaType, manifest } = families.oci;
  const configBytes = Buffer.from(JSON.stringify({ size }));
  const configDigest = digestOf(configBytes);
  await pushBlob(repository, configDigest, configBytes);
  const layer = await pushStream(repository, chunksOf(size));
  const body = {
    schemaVersion: 2,
    mediaType: manifest,
    config: { mediaType: config, digest: configDigest, size: configBytes.length },
    layers: [{ mediaType, ...layer }],
  };
  const bytes = Buffer.from(JSON.stringify(body));
  await pushManifest(repository, tag, { mediaType: manifest, bytes });
  return { layer, root: { mediaType: manifest, digest: digestOf(bytes), size: bytes.length } };
}
