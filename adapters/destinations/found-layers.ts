import { DescribeImagesCommand, type ECRClient, type ImageDetail } from "@aws-sdk/client-ecr";
import { Failure } from "../../core/errors.ts";
import type { Blob } from "../../core/model/descriptor.ts";
import { type Digest, digestOf } from "../../core/model/digest.ts";
import { configOf, configTypes, layersByDiffId } from "../../core/model/image-layers.ts";
import type { FoundLayer } from "../../core/model/making.ts";
import { imageTypes } from "../../core/model/media-type.ts";
import type { EcrRepository } from "../../core/model/reference.ts";
import { awsFailure } from "../clients/aws-failure.ts";
import { lookUpImages, repositoryArn } from "../clients/ecr-repository.ts";
import { layerUrl } from "../clients/layer-url.ts";
import { readRanges } from "../clients/ranged-read.ts";

const side = "destination";

/** The most images whose manifests and configs are read. */
const maxImages = 20;
/** The largest config that is read, in bytes: one of a thousand layers has a tenth of it. */
const maxConfigSize = 4 * 1024 * 1024;
/** How many configs are read at once. */
const readers = 4;

/**
 * The layers, of those wanted by their diff_id, that the newest images of a repository have, each once in every
 * compression that was met. It ends when each is found in one. An image that has vanished, or whose config does not
 * tell, is passed over. Throws `Failure` when a call is refused.
 */
export async function findLayers(
  client: ECRClient,
  repository: EcrRepository,
  wanted: readonly Digest[],
): Promise<FoundLayer[]> {
  if (wanted.length === 0) return [];
  const manifests = await newestManifests(client, repository);
  const [sought, left] = [new Set(wanted), new Set(wanted)];
  const found = new Map<string, FoundLayer>();
  for (let at = 0; at < manifests.length && left.size > 0; at += readers) {
    const some = manifests.slice(at, at + readers);
    const layers = (await Promise.all(some.map((each) => layersOf(client, repository, each)))).flat();
    for (const layer of layers.filter(({ diffId }) => sought.has(diffId))) {
      const key = `${layer.diffId} ${layer.compression}`;
      if (!found.has(key)) found.set(key, layer);
      left.delete(layer.diffId);
    }
  }
  return [...found.values()];
}

/** The manifests of the newest images, newest first. Images that were deleted or archived meanwhile are left out. */
async function newestManifests(client: ECRClient, repository: EcrRepository): Promise<Uint8Array[]> {
  const digests = await newestImages(client, repository);
  if (digests.length === 0) return [];
  const { images } = await lookUpImages(client, repository, digests, side);
  const byDigest = new Map(images.map(({ digest, bytes }) => [digest, bytes]));
  return digests.flatMap((digest) => byDigest.get(digest) ?? []);
}

/**
 * The digests of the images that were pushed last, of the thousand that one call lists. Images without a tag are
 * listed too: an index has such, and so has a repository whose tag moves on.
 */
async function newestImages(client: ECRClient, repository: EcrRepository): Promise<Digest[]> {
  const { account: registryId, name: repositoryName } = repository;
  try {
    const command = new DescribeImagesCommand({ registryId, repositoryName, maxResults: 1000 });
    const { imageDetails = [] } = await client.send(command);
    return imageDetails
      .filter(isImage)
      .sort((one, other) => pushedAt(other) - pushedAt(one))
      .slice(0, maxImages)
      .flatMap(({ imageDigest }) => imageDigest ?? []);
  } catch (error) {
    throw awsFailure(error, { side, operation: "DescribeImages", subject: repositoryArn(repository) });
  }
}

function isImage({ imageManifestMediaType = "", artifactMediaType }: ImageDetail): boolean {
  if (!imageTypes.includes(imageManifestMediaType)) return false;
  return artifactMediaType === undefined || configTypes.includes(artifactMediaType);
}

function pushedAt({ imagePushedAt }: ImageDetail): number {
  return imagePushedAt?.getTime() ?? 0;
}

async function layersOf(
  client: ECRClient,
  repository: EcrRepository,
  manifest: Uint8Array,
): Promise<FoundLayer[]> {
  const config = configOf(manifest);
  if (!config || config.size > maxConfigSize) return [];
  try {
    return layersByDiffId(manifest, await readConfig(client, repository, config));
  } catch (error) {
    // It has vanished since, or is not what the manifest says.
    if (error instanceof Failure && ["SourceNotFound", "DigestMismatch"].includes(error.name)) return [];
    throw error;
  }
}

async function readConfig(client: ECRClient, repository: EcrRepository, config: Blob): Promise<Uint8Array> {
  const locate = () => layerUrl(client, repository, config.digest, side);
  const bytes = Buffer.alloc(config.size);
  let filled = 0;
  // A chunk is valid until the next is asked for.
  for await (const chunk of readRanges(config, 0, locate, side)) {
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  if (digestOf(bytes) === config.digest) return bytes;
  throw new Failure(
    "DigestMismatch",
    { side, operation: "ReadBlob" },
    `the bytes of ${config.digest} in ${repositoryArn(repository)} are not those of the digest`,
  );
}
