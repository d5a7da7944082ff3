import { z } from "zod";
import { imageFilter, pageFields, repositoryFields } from "../constraint.ts";
import type { ImageId } from "../image-id.ts";
import { repositoryOperation } from "../operation.ts";
import { pageOf, sortedBy } from "../page.ts";
import type { Repository } from "../repository.ts";

const input = z.object({ ...repositoryFields, ...pageFields, filter: imageFilter.optional() });

/** Every tag with its digest, and every untagged image's digest. */
export const listImages = repositoryOperation("ListImages", input, (request, repository) => {
  const { tagStatus = "ANY", imageStatus = "ACTIVE" } = request.filter ?? {};
  const listed = imageStatus === "ACTIVE" || imageStatus === "ANY" ? imageIdsOf(repository) : [];
  const wanted = listed.filter(
    ({ imageTag }) => tagStatus === "ANY" || (tagStatus === "TAGGED") === (imageTag !== undefined),
  );
  const { entries, nextToken } = pageOf(sortedBy(wanted, keyOf), keyOf, request);
  return { imageIds: entries, nextToken };
});

function imageIdsOf({ images }: Repository): ImageId[] {
  return [...images.all()].flatMap(({ digest }) => {
    const tags = images.tagsOf(digest);
    if (tags.length === 0) return [{ imageDigest: digest }];
    return tags.map((tag) => ({ imageDigest: digest, imageTag: tag }));
  });
}

function keyOf({ imageDigest, imageTag = "" }: ImageId): string {
  return `${imageDigest} ${imageTag}`;
}
