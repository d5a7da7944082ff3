import type { ECRClient } from "@aws-sdk/client-ecr";
import { Failure } from "../../core/errors.ts";
import type { EcrRepository } from "../../core/model/reference.ts";
import { type RepositorySettings, unfinishedTag } from "../../core/model/repository-settings.ts";
import { awsFailure } from "../clients/aws-failure.ts";
import { repositoryArn } from "../clients/ecr-repository.ts";
import { describeRepository, type Place, readApart, settingsApart } from "./repository-settings-read.ts";

/** Settings to create a repository with, and what of another's was not carried over: sentences. */
export interface CopiedSettings {
  readonly settings: RepositorySettings;
  readonly warnings: readonly string[];
}

/**
 * The settings of a source repository for a destination: those that may be read, without tags that AWS sets, and
 * without a key of another account or Region. Throws `Failure` with side `source`.
 */
export async function settingsLike(
  client: ECRClient,
  source: EcrRepository,
  destination: EcrRepository,
): Promise<CopiedSettings> {
  const place: Place = { client, repository: source, side: "source" };
  const [described, apart] = await Promise.all([describedOf(place), readApart(place, settingsApart)]);
  const withKey = withUsableKey(described.settings, source, destination);
  const { tags, ...policies } = apart.settings;
  return {
    settings: { ...withKey.settings, ...policies, ...(tags && { tags: withoutReserved(tags) }) },
    warnings: [
      ...described.warnings,
      ...Object.entries(apart.unread).map(([setting, reason]) => leftOut(source, setting, reason)),
      ...withKey.warnings,
    ],
  };
}

async function describedOf(place: Place): Promise<CopiedSettings> {
  try {
    const settings = await describeRepository(place);
    if (settings) return { settings, warnings: [] };
  } catch (error) {
    if (!(error instanceof Failure) || error.name !== "AccessDenied") throw error;
    const what = "tag mutability, scan on push and encryption";
    return { settings: {}, warnings: [leftOut(place.repository, what, error.message)] };
  }
  const error = Object.assign(new Error("there is none"), { name: "RepositoryNotFoundException" });
  throw awsFailure(error, {
    side: "source",
    operation: "DescribeRepositories",
    subject: repositoryArn(place.repository),
  });
}

/** A repository's key has to be of its Region, and that another account may use it is rare. */
function withUsableKey(
  settings: RepositorySettings,
  source: EcrRepository,
  destination: EcrRepository,
): CopiedSettings {
  const { type, kmsKey } = settings.encryption ?? {};
  const near = source.region === destination.region && source.account === destination.account;
  if (!type || !kmsKey || near) return { settings, warnings: [] };
  return {
    settings: { ...settings, encryption: { type } },
    warnings: [
      `${repositoryArn(source)} is encrypted with ${kmsKey}, of another account or Region than ${repositoryArn(destination)}, for which the key that AWS manages for ECR is taken in its place`,
    ],
  };
}

function withoutReserved(tags: Readonly<Record<string, string>>): Record<string, string> {
  const isFree = ([key]: [string, string]) => !/^aws:/i.test(key) && key !== unfinishedTag;
  return Object.fromEntries(Object.entries(tags).filter(isFree));
}

function leftOut(source: EcrRepository, what: string, reason: string): string {
  return `${what} of ${repositoryArn(source)} may not be read, and so not copied: ${reason}`;
}
