import { type ECRClient, ListImageReferrersCommand } from "@aws-sdk/client-ecr";
import type { Descriptor } from "../../core/model/descriptor.ts";
import { type Digest, isDigest } from "../../core/model/digest.ts";
import type { EcrRepository } from "../../core/model/reference.ts";
import { cosignTags, fallbackTag, maxReferrers, type Referrer } from "../../core/model/referrer.ts";
import { listedReferrers } from "../../core/model/referrer-index.ts";
import { awsFailure } from "../clients/aws-failure.ts";
import { getTagged, repositoryArn } from "../clients/ecr-repository.ts";

const side = "source";

/**
 * The artifacts that refer to a manifest in a repository: those that ECR lists (API_ListImageReferrers), those of an
 * index under the fallback tag, which clients without that API keep, and those under cosign's tags.
 */
export async function ecrReferrers(
  client: ECRClient,
  repository: EcrRepository,
  { digest }: Descriptor,
): Promise<Referrer[]> {
  const fallback = fallbackTag(digest);
  const [listed, tagged] = await Promise.all([
    listReferrers(client, repository, digest),
    getTagged(client, repository, [fallback, ...cosignTags(digest)], side),
  ]);
  const found = new Map(listed.map((referrer) => [referrer.digest, referrer]));
  for (const [tag, image] of tagged) {
    const { mediaType, bytes } = image;
    const descriptor = { mediaType, digest: image.digest as Digest, size: bytes.length };
    if (tag !== fallback) found.set(tag, { ...descriptor, tag });
    else for (const each of listedReferrers(bytes, descriptor)) found.set(each.digest, each);
  }
  return [...found.values()];
}

async function listReferrers(
  client: ECRClient,
  repository: EcrRepository,
  imageDigest: Digest,
): Promise<Referrer[]> {
  const { account: registryId, name: repositoryName } = repository;
  const found: Referrer[] = [];
  let nextToken: string | undefined;
  try {
    do {
      const page = await client.send(
        new ListImageReferrersCommand({
          registryId,
          repositoryName,
          subjectId: { imageDigest },
          maxResults: 50,
          nextToken,
        }),
      );
      for (const { digest, mediaType, artifactType, size } of page.referrers ?? []) {
        if (!digest || !isDigest(digest) || !mediaType || size === undefined) continue;
        found.push({ mediaType, digest, size, ...(artifactType && { artifactType }) });
      }
      nextToken = page.nextToken;
    } while (nextToken && found.length <= maxReferrers);
  } catch (error) {
    throw awsFailure(error, { side, operation: "ListImageReferrers", subject: repositoryArn(repository) });
  }
  return found;
}
