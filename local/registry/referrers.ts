import { artifactTypeOf } from "../ecr/operations/list-image-referrers.ts";
import type { Repository } from "../ecr/repository.ts";
import type { Call, Reply } from "../http.ts";
import { checkedDigest, type Route } from "./route.ts";

/** The images about a digest as an OCI index, all in one page; empty for a digest that is not there. */
export async function listReferrers({ query }: Call, { of }: Route, { images }: Repository): Promise<Reply> {
  const type = query.get("artifactType");
  const manifests = images
    .referrersOf(checkedDigest(of))
    .filter((image) => type === null || artifactTypeOf(image) === type)
    .map((image) => ({
      mediaType: image.mediaType,
      digest: image.digest,
      size: image.size,
      artifactType: artifactTypeOf(image),
      annotations: image.annotations,
    }));
  const mediaType = "application/vnd.oci.image.index.v1+json";
  return {
    status: 200,
    headers: { "content-type": mediaType, ...(type !== null && { "oci-filters-applied": "artifactType" }) },
    body: JSON.stringify({ schemaVersion: 2, mediaType, manifests }),
  };
}
