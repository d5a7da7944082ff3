import { z } from "zod";
import { layerDigest, repositoryFields } from "../constraint.ts";
import { EcrError, layerNotFound } from "../errors.ts";
import { repositoryOperation } from "../operation.ts";
import type { Repository } from "../repository.ts";

/** Which layers the repository has; one it has not is UNAVAILABLE, not a failure. */
export const batchCheckLayerAvailability = repositoryOperation(
  "BatchCheckLayerAvailability",
  z.object({ ...repositoryFields, layerDigests: z.array(z.string().max(1000)).min(1).max(100) }),
  ({ layerDigests }, repository) => {
    const digests = [...new Set(layerDigests)];
    const valid = digests.filter((digest) => layerDigest.safeParse(digest).success);
    const invalid = digests.filter((digest) => !valid.includes(digest));
    return {
      layers: valid.map((digest) => availability(repository, digest)),
      failures: invalid.map(digestFailure),
    };
  },
);

/** A URL to read a layer or config from; only for one that a manifest of the repository names. */
export const getDownloadUrlForLayer = repositoryOperation(
  "GetDownloadUrlForLayer",
  z.object({ ...repositoryFields, layerDigest }),
  (input, repository, context) => {
    refuseUnreadable(repository, input.layerDigest);
    return {
      downloadUrl: context.downloads.issue(repository, input.layerDigest, context),
      layerDigest: input.layerDigest,
    };
  },
);

function refuseUnreadable({ key, layers, images }: Repository, digest: string): void {
  if (!layers.has(digest)) throw layerNotFound(digest, key);
  if (images.usesLayer(digest)) return;
  throw new EcrError(
    "LayerInaccessibleException",
    `The layer with digest ${digest} is not available because it is not associated with an image in the repository with name '${key.name}'. Unassociated image layers may be cleaned up at any time`,
  );
}

function availability({ layers }: Repository, digest: string): object {
  const layerSize = layers.get(digest);
  if (layerSize === undefined) return { layerDigest: digest, layerAvailability: "UNAVAILABLE" };
  return { layerDigest: digest, layerAvailability: "AVAILABLE", layerSize };
}

function digestFailure(digest: string): object {
  if (digest === "") {
    return {
      layerDigest: digest,
      failureCode: "MissingLayerDigest",
      failureReason: "The layer digest is missing",
    };
  }
  return {
    layerDigest: digest,
    failureCode: "InvalidLayerDigest",
    failureReason: `The layer digest '${digest}' is invalid`,
  };
}
