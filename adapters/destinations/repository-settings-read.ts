import {
  DescribeRepositoriesCommand,
  type ECRClient,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
  ListTagsForResourceCommand,
  type Repository,
} from "@aws-sdk/client-ecr";
import { Failure, type Side } from "../../core/errors.ts";
import type { EcrRepository } from "../../core/model/reference.ts";
import type { RepositorySettings } from "../../core/model/repository-settings.ts";
import { awsFailure } from "../clients/aws-failure.ts";
import { repositoryArn } from "../clients/ecr-repository.ts";

/** The settings that have a call of their own. */
export const settingsApart = ["lifecyclePolicy", "repositoryPolicy", "tags"] as const;

/** A setting that has a call of its own. */
export type SettingApart = (typeof settingsApart)[number];

/** What a repository has, as far as it may be read. */
export interface StandingSettings {
  readonly settings: RepositorySettings;
  /** Why a setting may not be read: sentences. */
  readonly unread: Partial<Record<SettingApart, string>>;
}

/** Where settings are read. */
export interface Place {
  readonly client: ECRClient;
  readonly repository: EcrRepository;
  readonly side: Side;
}

/** The settings that come with a repository's description, or undefined when there is no repository. Throws `Failure`. */
export async function describeRepository(place: Place): Promise<RepositorySettings | undefined> {
  const { account, name } = place.repository;
  const input = { registryId: account, repositoryNames: [name] };
  const answer = await read(place, "DescribeRepositories", "RepositoryNotFoundException", () =>
    place.client.send(new DescribeRepositoriesCommand(input)),
  );
  return answer && describedSettings(answer.repositories?.[0] ?? {});
}

/** Some of the settings that have a call of their own. What may not be read is left out. Throws `Failure` for the rest. */
export async function readApart(place: Place, wanted: readonly SettingApart[]): Promise<StandingSettings> {
  const settings: RepositorySettings = {};
  const unread: Partial<Record<SettingApart, string>> = {};
  const readOne = async (setting: SettingApart) => {
    try {
      Object.assign(settings, { [setting]: await readers[setting](place) });
    } catch (error) {
      if (!(error instanceof Failure) || error.name !== "AccessDenied") throw error;
      unread[setting] = error.message;
    }
  };
  await Promise.all(wanted.map(readOne));
  return { settings, unread };
}

function describedSettings(repository: Repository): RepositorySettings {
  const { imageTagMutability, imageScanningConfiguration, encryptionConfiguration } = repository;
  const { encryptionType, kmsKey } = encryptionConfiguration ?? {};
  const filters = repository.imageTagMutabilityExclusionFilters ?? [];
  return {
    imageTagMutability,
    ...(filters.length > 0 && {
      imageTagMutabilityExclusionFilters: filters.map(({ filter }) => filter ?? ""),
    }),
    scanOnPush: imageScanningConfiguration?.scanOnPush ?? false,
    encryption: { type: encryptionType ?? "AES256", kmsKey },
  };
}

const readers = { lifecyclePolicy, repositoryPolicy, tags };

async function lifecyclePolicy(place: Place): Promise<string | undefined> {
  const answer = await read(place, "GetLifecyclePolicy", "LifecyclePolicyNotFoundException", () =>
    place.client.send(new GetLifecyclePolicyCommand(addressOf(place.repository))),
  );
  return answer?.lifecyclePolicyText;
}

async function repositoryPolicy(place: Place): Promise<string | undefined> {
  const answer = await read(place, "GetRepositoryPolicy", "RepositoryPolicyNotFoundException", () =>
    place.client.send(new GetRepositoryPolicyCommand(addressOf(place.repository))),
  );
  return answer?.policyText;
}

async function tags(place: Place): Promise<Record<string, string>> {
  const answer = await read(place, "ListTagsForResource", undefined, () =>
    place.client.send(new ListTagsForResourceCommand({ resourceArn: repositoryArn(place.repository) })),
  );
  return Object.fromEntries((answer?.tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
}

/** The fields that address a repository in calls about one. */
export function addressOf({ account, name }: EcrRepository): { registryId: string; repositoryName: string } {
  return { registryId: account, repositoryName: name };
}

async function read<Answer>(
  { repository, side }: Place,
  operation: string,
  absent: string | undefined,
  send: () => Promise<Answer>,
): Promise<Answer | undefined> {
  try {
    return await send();
  } catch (error) {
    if ((error as Error).name === absent) return undefined;
    throw awsFailure(error, { side, operation, subject: repositoryArn(repository) });
  }
}
