import { EcrError, invalidParameter } from "./errors.ts";
import type { Repository } from "./repository.ts";
import type { Upload } from "./upload.ts";

/**
 * Ends an upload by the rules of CompleteLayerUpload: the layer's digest. To be called from `withUpload`.
 * Throws EmptyUpload, LayerPartTooSmall and InvalidLayer, after which the upload is still open, and LayerAlreadyExists, after
 * which it is not.
 */
export function completeLayer(repository: Repository, upload: Upload, digests: readonly string[]): string {
  if (digests.length === 0)
    throw invalidParameter("layerDigests", "must have length greater than or equal to 1");
  if (upload.received === 0) {
    throw new EcrError("EmptyUploadException", "The specified layer upload does not contain any layer parts");
  }
  if (upload.undersized) {
    throw new EcrError(
      "LayerPartTooSmallException",
      "All layer parts except the last part should be at least 5MB",
    );
  }
  const digest = upload.digest();
  if (!digests.includes(digest)) {
    throw new EcrError(
      "InvalidLayerException",
      "None of the provided layer digests match the calculated layer digest",
    );
  }
  if (repository.layers.has(digest)) {
    repository.dropUpload(upload);
    throw alreadyExists(repository, digest);
  }
  repository.keepLayer(upload, digest);
  return digest;
}

function alreadyExists({ key }: Repository, digest: string): EcrError {
  return new EcrError(
    "LayerAlreadyExistsException",
    `The layer with digest '${digest}' already exists in the repository with name '${key.name}' in registry with id '${key.account}'`,
  );
}
