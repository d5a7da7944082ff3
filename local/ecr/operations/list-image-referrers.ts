import { z } from "zod";
import { repositoryFields } from "../constraint.ts";
import type { Image } from "../images.ts";
import { repositoryOperation } from "../operation.ts";
import { pageOf } from "../page.ts";

const input = z.object({
  ...repositoryFields,
  subjectId: z.object({ imageDigest: z.string() }),
  filter: z
    .object({
      artifactTypes: z.array(z.string().min(1).max(255)).max(5).optional(),
      artifactStatus: z.enum(["ACTIVE", "ARCHIVED", "ACTIVATING", "ANY"]).optional(),
    })
    .optional(),
  nextToken: z.string().optional(),
  maxResults: z.number().int().min(1).max(50).optional(),
});

/** The images whose subject a digest is; none for a digest that is not there. ECR asks for the right to BatchGetImage. */
export const listImageReferrers = repositoryOperation("BatchGetImage", input, (request, { images }) => {
  const { artifactTypes = [], artifactStatus = "ACTIVE" } = request.filter ?? {};
  const wanted = images
    .referrersOf(request.subjectId.imageDigest)
    .filter((image) => artifactTypes.length === 0 || artifactTypes.includes(artifactTypeOf(image) ?? ""))
    .filter(() => artifactStatus === "ACTIVE" || artifactStatus === "ANY");
  const { entries, nextToken } = pageOf(wanted, ({ digest }) => digest, { maxResults: 20, ...request });
  return { referrers: entries.map(referrerOf), nextToken };
});

/** An image's artifact type: its own, else its config's, as the OCI distribution specification lists referrers. */
export function artifactTypeOf({ artifactType, configType }: Image): string | undefined {
  return artifactType ?? configType;
}

function referrerOf(image: Image): object {
  const { digest, mediaType, size, annotations } = image;
  return {
    digest,
    mediaType,
    artifactType: artifactTypeOf(image),
    size,
    annotations,
    artifactStatus: "ACTIVE",
  };
}
