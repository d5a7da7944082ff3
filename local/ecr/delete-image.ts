import { imageAction, type OnImageAction } from "./image-action.ts";
import { findImage, type ImageFailure, type ImageId } from "./image-id.ts";
import type { Repository } from "./repository.ts";

/**
 * Deletes what an id names: a tag, and with its last tag the image; or by digest the image with all its tags.
 * The ids deleted, or why none: an image of an index stays.
 */
export function deleteImage(
  repository: Repository,
  imageId: ImageId,
  onImageAction?: OnImageAction,
): { deleted: ImageId[] } | { failure: ImageFailure } {
  const found = findImage(repository, imageId);
  if ("failure" in found) return found;
  const { images } = repository;
  const image = images.get(found.digest);
  if (!image) throw new Error(`${found.digest} was found and is not there`);
  const tags = images.tagsOf(found.digest);
  const { imageTag } = imageId;
  const wholeImage = imageTag === undefined || tags.length === 1;
  if (wholeImage && images.usesChild(found.digest))
    return { failure: referenced(repository, imageId, found.digest) };
  if (wholeImage) repository.removeImage(found.digest);
  else repository.change({ untag: imageTag });
  const gone = imageTag === undefined ? tags : [imageTag];
  const deletedTags = gone.length === 0 ? [undefined] : gone;
  for (const tag of deletedTags) onImageAction?.(imageAction("DELETE", repository.key, image, tag));
  return { deleted: deletedTags.map((tag) => ({ imageDigest: found.digest, imageTag: tag })) };
}

function referenced({ images }: Repository, imageId: ImageId, digest: string): ImageFailure {
  const parents = images.parentsOf(digest).map((parent) => parent.digest);
  return {
    imageId,
    failureCode: "ImageReferencedByManifestList",
    failureReason: `Requested image referenced by manifest list: [${parents.join(", ")}]`,
  };
}
