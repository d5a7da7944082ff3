import { BatchGetImageCommand, type ECRClient, type Image } from "@aws-sdk/client-ecr";
import { Failure, type FailureName, type Side } from "../../core/errors.ts";
import { isDigest } from "../../core/model/digest.ts";
import { acceptedTypes } from "../../core/model/media-type.ts";
import type { EcrRepository } from "../../core/model/reference.ts";
import { awsFailure } from "./aws-failure.ts";

/** A manifest as a repository has it. */
export interface StoredImage {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** The ARN of a repository, for messages and policies. */
export function repositoryArn({ partition, region, account, name }: EcrRepository): string {
  return `arn:${partition}:ecr:${region}:${account}:repository/${name}`;
}

/**
 * The manifests that some tags and digests stand for; those that stand for nothing are left out.
 * At most 100 references. Every type is accepted, since ECR translates a manifest, and so changes
 * its digest, when the type it has is not (ECR User Guide, image manifest format support).
 */
export async function getImages(
  client: ECRClient,
  repository: EcrRepository,
  references: readonly string[],
  side: Side,
): Promise<StoredImage[]> {
  const operation = "BatchGetImage";
  const subject = repositoryArn(repository);
  try {
    const { images = [], failures = [] } = await client.send(
      new BatchGetImageCommand({
        registryId: repository.account,
        repositoryName: repository.name,
        imageIds: references.map((text) => (isDigest(text) ? { imageDigest: text } : { imageTag: text })),
        acceptedMediaTypes: [...acceptedTypes],
      }),
    );
    const refused = failures.find(({ failureCode }) => failureCode !== "ImageNotFound");
    if (refused) throw inaccessible(side, subject, refused.failureCode, refused.failureReason);
    // ECR may answer once for each tag of an image.
    return [...new Map(images.map((image) => [image.imageId?.imageDigest, storedImage(image)])).values()];
  } catch (error) {
    throw awsFailure(error, { side, operation, subject });
  }
}

/** The manifest that a tag or digest stands for, or undefined. */
export async function getImage(
  client: ECRClient,
  repository: EcrRepository,
  reference: string,
  side: Side,
): Promise<StoredImage | undefined> {
  return (await getImages(client, repository, [reference], side))[0];
}

function storedImage({ imageId, imageManifest = "", imageManifestMediaType = "" }: Image): StoredImage {
  const bytes = new TextEncoder().encode(imageManifest);
  return { digest: imageId?.imageDigest ?? "", mediaType: imageManifestMediaType, bytes };
}

/** ECR's own codes for an image that is there and is not given: archived, or behind a key or an upstream registry. */
function inaccessible(side: Side, subject: string, code = "no code", reason = "no reason"): Failure {
  const names: Readonly<Record<string, FailureName>> = {
    KmsError: "AccessDenied",
    UpstreamAccessDenied: "AccessDenied",
    UpstreamTooManyRequests: "Throttled",
    UpstreamUnavailable: "Unavailable",
  };
  const name = names[code] ?? (side === "source" ? "SourceNotFound" : "Unavailable");
  const operation = "BatchGetImage";
  return new Failure(name, { side, operation }, `${subject} does not give the image: ${code}: ${reason}`);
}
