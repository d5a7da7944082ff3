import { BatchGetImageCommand, type ECRClient, type Image, type ImageFailure } from "@aws-sdk/client-ecr";
import { Failure, type FailureName, type Side } from "../../core/errors.ts";
import { isDigest } from "../../core/model/digest.ts";
import { acceptedTypes } from "../../core/model/media-type.ts";
import type { EcrRepository } from "../../core/model/reference.ts";
import { awsFailure } from "./aws-failure.ts";

const operation = "BatchGetImage";

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

/** What a repository gives of some images, and why it does not give one that it has, if there is such. */
interface Answer {
  readonly images: StoredImage[];
  readonly refused: ImageFailure | undefined;
}

/**
 * The manifests that some tags and digests stand for; those that stand for nothing are left out.
 * At most 100 references. Throws `Failure` when one is there and is not given.
 */
export async function getImages(
  client: ECRClient,
  repository: EcrRepository,
  references: readonly string[],
  side: Side,
): Promise<StoredImage[]> {
  const { images, refused } = await lookUpImages(client, repository, references, side);
  if (refused) throw inaccessible(side, repositoryArn(repository), refused);
  return images;
}

/**
 * The manifests that a repository gives for at most 100 tags and digests. Every type is accepted, since ECR translates
 * a manifest, and so changes its digest, when the type it has is not (ECR User Guide, image manifest format support).
 */
export async function lookUpImages(
  client: ECRClient,
  repository: EcrRepository,
  references: readonly string[],
  side: Side,
): Promise<Answer> {
  try {
    const { images = [], failures = [] } = await client.send(
      new BatchGetImageCommand({
        registryId: repository.account,
        repositoryName: repository.name,
        imageIds: references.map((text) => (isDigest(text) ? { imageDigest: text } : { imageTag: text })),
        acceptedMediaTypes: [...acceptedTypes],
      }),
    );
    // ECR may answer once for each tag of an image.
    const byDigest = new Map(images.map((image) => [image.imageId?.imageDigest, storedImage(image)]));
    const refused = failures.find(({ failureCode }) => failureCode !== "ImageNotFound");
    return { images: [...byDigest.values()], refused };
  } catch (error) {
    throw awsFailure(error, { side, operation, subject: repositoryArn(repository) });
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
function inaccessible(
  side: Side,
  subject: string,
  { failureCode, failureReason = "no reason" }: ImageFailure,
): Failure {
  const code: string = failureCode ?? "no code";
  const names: Readonly<Record<string, FailureName>> = {
    KmsError: "AccessDenied",
    UpstreamAccessDenied: "AccessDenied",
    UpstreamTooManyRequests: "Throttled",
    UpstreamUnavailable: "Unavailable",
  };
  const name = names[code] ?? (side === "source" ? "SourceNotFound" : "Unavailable");
  return new Failure(
    name,
    { side, operation, isThere: names[code] === undefined },
    `${subject} does not give the image: ${code}: ${failureReason}`,
  );
}
