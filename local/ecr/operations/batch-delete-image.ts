import { z } from "zod";
import { imageIds, repositoryFields } from "../constraint.ts";
import { deleteImage } from "../delete-image.ts";
import { repositoryOperation } from "../operation.ts";

/** Deletes up to 100 images or tags, in the order given; the call succeeds even if none could be. */
export const batchDeleteImage = repositoryOperation(
  "BatchDeleteImage",
  z.object({ ...repositoryFields, imageIds }),
  (request, repository, { onImageAction }) => {
    const results = request.imageIds.map((id) => deleteImage(repository, id, onImageAction));
    return {
      imageIds: results.flatMap((result) => ("deleted" in result ? result.deleted : [])),
      failures: results.flatMap((result) => ("failure" in result ? [result.failure] : [])),
    };
  },
);
