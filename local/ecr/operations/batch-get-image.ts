import { z } from "zod";
import { imageIds, repositoryFields } from "../constraint.ts";
import { findImage, type ImageFailure, type ImageId } from "../image-id.ts";
import { addressOf, repositoryOperation } from "../operation.ts";
import type { Repository } from "../repository.ts";

const input = z.object({
  ...repositoryFields,
  imageIds,
  acceptedMediaTypes: z.array(z.string()).min(1).max(100).optional(),
});

/** The manifests of up to 100 images as they are stored, none converted; the call succeeds even if every image is missing. */
export const batchGetImage = repositoryOperation("BatchGetImage", input, (request, repository) => {
  const results = request.imageIds.map((id) => read(repository, id, request.acceptedMediaTypes));
  return {
    images: results.filter((result) => !("failureCode" in result)),
    failures: results.filter((result) => "failureCode" in result),
  };
});

function read(
  repository: Repository,
  imageId: ImageId,
  accepted: readonly string[] | undefined,
): object | ImageFailure {
  const found = findImage(repository, imageId);
  if ("failure" in found) return found.failure;
  const imageManifestMediaType = repository.images.get(found.digest)?.mediaType ?? "";
  if (accepted && !accepted.includes(imageManifestMediaType)) {
    return { imageId, failureCode: "ImageNotFound", failureReason: "Requested image not found" };
  }
  return {
    ...addressOf(repository),
    imageId: { imageDigest: found.digest, imageTag: imageId.imageTag },
    imageManifest: repository.manifestText(found.digest),
    imageManifestMediaType,
  };
}
