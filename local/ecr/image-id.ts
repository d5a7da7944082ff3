import type { Repository } from "./repository.ts";

/** How requests name an image: by digest, by tag, or by both when they agree. */
export interface ImageId {
  readonly imageDigest?: string;
  readonly imageTag?: string;
}

/** One entry of a `failures` list; the call itself succeeds. */
export interface ImageFailure {
  readonly imageId: ImageId;
  readonly failureCode: string;
  readonly failureReason: string;
}

/** A tag as the OCI distribution specification writes it; ECR's model gives no pattern. */
export const tagPattern = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

const digestPattern = /^sha256:[a-f0-9]{64}$/;

/** The digest of the image that an id names in a repository, or why it names none. */
export function findImage(
  { images }: Repository,
  imageId: ImageId,
): { digest: string } | { failure: ImageFailure } {
  const { imageDigest, imageTag } = imageId;
  const failed = (failureCode: string, failureReason: string) => ({
    failure: { imageId, failureCode, failureReason },
  });
  if (imageDigest === undefined && imageTag === undefined) {
    return failed("MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null");
  }
  if (imageDigest !== undefined && !digestPattern.test(imageDigest)) {
    return failed(
      "InvalidImageDigest",
      "Invalid request parameters: image digest should satisfy the regex 'sha256:[a-f0-9]{64}'",
    );
  }
  if (imageTag !== undefined && !tagPattern.test(imageTag)) {
    return failed(
      "InvalidImageTag",
      "Invalid request parameters: image tag should satisfy the regex '[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}'",
    );
  }
  const digest = imageTag === undefined ? imageDigest : images.digestOf(imageTag);
  if (digest === undefined || !images.get(digest))
    return failed("ImageNotFound", "Requested image not found");
  if (imageDigest !== undefined && digest !== imageDigest) {
    return failed(
      "ImageTagDoesNotMatchDigest",
      "Requested image tag does not match the requested image digest",
    );
  }
  return { digest };
}
