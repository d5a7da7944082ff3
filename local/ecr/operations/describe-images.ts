import { z } from "zod";
import { imageFilter, imageIds, pageFields, repositoryFields } from "../constraint.ts";
import { imageNotFound, invalidParameter } from "../errors.ts";
import { findImage, type ImageId } from "../image-id.ts";
import type { Image } from "../images.ts";
import { addressOf, repositoryOperation } from "../operation.ts";
import { pageOf, sortedBy } from "../page.ts";
import type { Repository } from "../repository.ts";

const input = z.object({
  ...repositoryFields,
  ...pageFields,
  imageIds: imageIds.optional(),
  filter: imageFilter.optional(),
});

const digestOf = ({ digest }: Image) => digest;

/** What is known of each image; either of the images named, or of all in pages. */
export const describeImages = repositoryOperation("DescribeImages", input, (request, repository) => {
  if (request.imageIds) {
    if (request.nextToken !== undefined || request.maxResults !== undefined) {
      throw invalidParameter("imageIds", "must not be given together with nextToken or maxResults");
    }
    const digests = new Set(request.imageIds.map((id) => digestNamed(repository, id)));
    return { imageDetails: [...digests].flatMap((digest) => detailOf(repository, digest)) };
  }
  const { entries, nextToken } = pageOf(
    sortedBy(imagesWanted(repository, request.filter ?? {}), digestOf),
    digestOf,
    request,
  );
  return { imageDetails: entries.flatMap(({ digest }) => detailOf(repository, digest)), nextToken };
});

function imagesWanted(
  { images }: Repository,
  { tagStatus = "ANY", imageStatus = "ACTIVE" }: z.infer<typeof imageFilter>,
): Image[] {
  if (imageStatus !== "ACTIVE" && imageStatus !== "ANY") return [];
  return [...images.all()].filter(
    ({ digest }) => tagStatus === "ANY" || (tagStatus === "TAGGED") === images.tagsOf(digest).length > 0,
  );
}

function digestNamed(repository: Repository, id: ImageId): string {
  const found = findImage(repository, id);
  if ("digest" in found) return found.digest;
  const { failureCode, failureReason } = found.failure;
  if (failureCode === "ImageNotFound" || failureCode === "ImageTagDoesNotMatchDigest")
    throw imageNotFound(id, repository.key);
  throw invalidParameter("imageIds", failureReason);
}

function detailOf(repository: Repository, digest: string): object[] {
  const image = repository.images.get(digest);
  if (!image) return [];
  const imageTags = repository.images.tagsOf(digest);
  return [
    {
      ...addressOf(repository),
      imageDigest: digest,
      ...(imageTags.length > 0 && { imageTags }),
      imageSizeInBytes: sizeOf(repository, image),
      imagePushedAt: image.pushedAt / 1000,
      imageManifestMediaType: image.mediaType,
      artifactMediaType: image.configType,
      subjectManifestDigest: image.subject,
      imageStatus: "ACTIVE",
    },
  ];
}

/** Bytes of config and layers; of an index, its largest image's. */
function sizeOf(repository: Repository, { layers, children }: Image): number {
  if (children.length === 0) return layers.reduce((sum, { size }) => sum + size, 0);
  return Math.max(
    ...children.map(({ digest }) => {
      const child = repository.images.get(digest);
      return child ? sizeOf(repository, child) : 0;
    }),
  );
}
