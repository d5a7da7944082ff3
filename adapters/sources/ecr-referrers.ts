import { type ECRClient, type ImageReferrer, ListImageReferrersCommand } from "@aws-sdk/client-ecr";
import type { Descriptor } from "../../core/model/descriptor.ts";
import type { Digest } from "../../core/model/digest.ts";
import { indexTypes } from "../../core/model/media-type.ts";
import type { EcrRepository } from "../../core/model/reference.ts";
import { cosignTags, fallbackTag, maxReferrers, type Referrer } from "../../core/model/referrer.ts";
import { listedReferrer, listedReferrers } from "../../core/model/referrer-index.ts";
import { awsFailure } from "../clients/aws-failure.ts";
import { lookUpImages, repositoryArn } from "../clients/ecr-repository.ts";
import type { MissedArtifacts } from "./missed-artifacts.ts";

const side = "source";

/**
 * The artifacts that refer to a manifest in a repository: those that ECR lists (API_ListImageReferrers), those of an
 * index under the fallback tag, which clients without that API keep, and those under cosign's tags. What is there and is
 * not given, since it is archived, is refused, or told as missed where nothing else is known of it.
 */
export async function ecrReferrers(
  client: ECRClient,
  repository: EcrRepository,
  { digest }: Descriptor,
  missed: MissedArtifacts,
): Promise<Referrer[]> {
  const tagged = (tag: string) => getTagged(client, repository, tag, missed);
  const [listed, fallback, ...signed] = await Promise.all([
    listReferrers(client, repository, digest),
    tagged(fallbackTag(digest)),
    ...cosignTags(digest).map(tagged),
  ]);
  const indexed = fallback ? ofFallback(fallback) : [];
  // The list says more of what is both listed and indexed.
  const found = new Map([...indexed, ...listed].map((referrer) => [referrer.digest, referrer]));
  return [...found.values(), ...signed.flatMap((each) => each?.referrer ?? [])];
}

/** What a tag stands for. */
interface Tagged {
  readonly referrer: Referrer;
  readonly bytes: Uint8Array;
}

/** Each tag is asked for by itself: whether one answer stands for several tags of an image is not told. */
async function getTagged(
  client: ECRClient,
  repository: EcrRepository,
  tag: string,
  missed: MissedArtifacts,
): Promise<Tagged | undefined> {
  const { images, refused } = await lookUpImages(client, repository, [tag], side);
  if (refused) {
    const { failureCode = "no code", failureReason = "no reason" } = refused;
    missed.add(
      `${repositoryArn(repository)} does not give the tag '${tag}': ${failureCode}: ${failureReason}`,
    );
  }
  const [image] = images;
  if (!image) return undefined;
  const { mediaType, digest, bytes } = image;
  return { referrer: { mediaType, digest, size: bytes.length, tag }, bytes };
}

function ofFallback({ referrer, bytes }: Tagged): Referrer[] {
  if (!indexTypes.includes(referrer.mediaType)) return [];
  return listedReferrers(bytes) ?? [{ ...referrer, refused: "it is not the index that it says it is" }];
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
          filter: { artifactStatus: "ANY" },
          maxResults: 50,
          nextToken,
        }),
      );
      found.push(...(page.referrers ?? []).map(referrerOf));
      nextToken = page.nextToken;
    } while (nextToken && found.length <= maxReferrers);
  } catch (error) {
    throw awsFailure(error, { side, operation: "ListImageReferrers", subject: repositoryArn(repository) });
  }
  return found;
}

function referrerOf(listed: ImageReferrer): Referrer {
  const { artifactStatus = "ACTIVE" } = listed;
  const referrer = listedReferrer(listed);
  if (artifactStatus === "ACTIVE" || referrer.refused !== undefined) return referrer;
  return { ...referrer, refused: `Amazon ECR has it as ${artifactStatus}; restore it, and copy it then` };
}
