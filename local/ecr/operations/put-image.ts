import { z } from "zod";
import { repositoryFields } from "../constraint.ts";
import { tagPattern } from "../image-id.ts";
import { addressOf, repositoryOperation } from "../operation.ts";
import { pushImage } from "../push-image.ts";

const input = z.object({
  ...repositoryFields,
  imageManifest: z.string().min(1).max(4_194_304),
  imageManifestMediaType: z.string().optional(),
  imageTag: z.string().min(1).max(300).regex(tagPattern).optional(),
  imageDigest: z.string().optional(),
});

/** Puts a manifest, and moves a tag to it. */
export const putImage = repositoryOperation("PutImage", input, (request, repository, context) => {
  const push = {
    text: request.imageManifest,
    mediaType: request.imageManifestMediaType,
    digest: request.imageDigest,
    tag: request.imageTag,
  };
  const { digest, mediaType } = pushImage(repository, push, context.onImageAction);
  return {
    image: {
      ...addressOf(repository),
      imageId: { imageDigest: digest, imageTag: request.imageTag },
      imageManifest: request.imageManifest,
      imageManifestMediaType: mediaType,
    },
  };
});
