import {
  CreateRepositoryCommand,
  type CreateRepositoryCommandInput,
  type ECRClient,
} from "@aws-sdk/client-ecr";
import { Failure, type FailureName } from "../../core/errors.ts";
import type { EcrRepository } from "../../core/model/reference.ts";
import { type RepositorySettings, unfinishedTag } from "../../core/model/repository-settings.ts";
import { awsFailure } from "../clients/aws-failure.ts";
import { repositoryArn } from "../clients/ecr-repository.ts";
import { settingDifferences } from "./repository-settings-difference.ts";
import { canFinish, finishRepository, unfinishedValue } from "./repository-settings-finish.ts";
import {
  addressOf,
  describeRepository,
  type Place,
  readApart,
  type SettingApart,
  settingsApart,
} from "./repository-settings-read.ts";

const side = "destination";
const operation = "CreateRepository";

/** What became of a repository that had to be there. */
export interface RepositoryOutcome {
  /** `finished` one that an earlier run had created and not given its policies. */
  readonly did: "created" | "finished" | "nothing";
  /** In what the repository, when it was there before, is not as asked for: sentences. */
  readonly warnings: readonly string[];
}

/**
 * Creates a repository when it is absent. One that exists is left as it is, and only compared with what is asked for; but
 * one that is tagged as unfinished gets the policies it lacks. That another execution creates it meanwhile is no failure.
 * Throws `Failure` with side `destination`.
 */
export async function createRepository(
  client: ECRClient,
  repository: EcrRepository,
  asked: RepositorySettings,
): Promise<RepositoryOutcome> {
  const place: Place = { client, repository, side };
  const standing = await describeRepository(place);
  if (standing) return reviewRepository(place, standing, asked);
  if (await create(client, repository, asked)) {
    if (unfinishedValue(asked) !== "") await finishRepository(client, repository, asked);
    return { did: "created", warnings: [] };
  }
  const others = await describeRepository(place);
  if (others) return reviewRepository(place, others, asked);
  const message = `${repositoryArn(repository)} cannot be created because it exists, and is not there when it is asked for`;
  throw new Failure("Unavailable", { side, operation }, message);
}

/** False when there is such a repository: another execution was faster, or the answer to a first attempt was lost. */
async function create(
  client: ECRClient,
  repository: EcrRepository,
  asked: RepositorySettings,
): Promise<boolean> {
  try {
    await client.send(new CreateRepositoryCommand(inputFor(repository, asked)));
    return true;
  } catch (error) {
    if ((error as Error).name === "RepositoryAlreadyExistsException") return false;
    throw creationFailure(error, repository, asked);
  }
}

function inputFor(repository: EcrRepository, asked: RepositorySettings): CreateRepositoryCommandInput {
  const { imageTagMutability, imageTagMutabilityExclusionFilters: filters, scanOnPush, encryption } = asked;
  const unfinished = unfinishedValue(asked);
  const tags = { ...asked.tags, ...(unfinished && { [unfinishedTag]: unfinished }) };
  return {
    ...addressOf(repository),
    imageTagMutability,
    imageTagMutabilityExclusionFilters: filters?.map((filter) => ({ filterType: "WILDCARD", filter })),
    imageScanningConfiguration: scanOnPush === undefined ? undefined : { scanOnPush },
    encryptionConfiguration: encryption && { encryptionType: encryption.type, kmsKey: encryption.kmsKey },
    tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  };
}

function creationFailure(
  error: unknown,
  repository: EcrRepository,
  { encryption }: RepositorySettings,
): Error {
  const { name, message } = error as Error;
  const subject = repositoryArn(repository);
  const failure = (as: FailureName, what: string) =>
    new Failure(
      as,
      { side, operation, cause: error },
      `${what}: ${operation} on ${subject} failed with ${name}: ${message}`,
    );
  switch (name) {
    case "InvalidTagParameterException":
    case "TooManyTagsException":
      return failure("RequestInvalid", "createRepository.tags");
    case "InvalidParameterException":
      return failure("RequestInvalid", `createRepository${fieldIn(message)}`);
    case "KmsException":
      return failure(
        "AccessDenied",
        `createRepository.encryption: the key ${encryption?.kmsKey ?? "that AWS manages for ECR"} cannot be used; it has to be a symmetric key of the repository's Region, for which the role in use has kms:DescribeKey and kms:CreateGrant`,
      );
    case "LimitExceededException":
      return failure(
        "RepositoryNotFound",
        "the repository is absent, and the account has as many as its quota allows; ask for a higher one, or create it in another Region or account",
      );
    default:
      return awsFailure(error, { side, operation, subject });
  }
}

/** The field of `createRepository` that ECR's message names, as `.field`; empty when it is none. */
function fieldIn(message: string): string {
  const [, field] = /at '(\w+)/.exec(message) ?? [];
  const fields: Readonly<Record<string, string>> = {
    imageTagMutability: ".imageTagMutability",
    imageTagMutabilityExclusionFilters: ".imageTagMutabilityExclusionFilters",
    imageScanningConfiguration: ".scanOnPush",
    encryptionConfiguration: ".encryption",
    tags: ".tags",
  };
  const name = `${field?.charAt(0).toLowerCase()}${field?.slice(1)}`;
  return fields[name] ?? "";
}

async function reviewRepository(
  place: Place,
  described: RepositorySettings,
  asked: RepositorySettings,
): Promise<RepositoryOutcome> {
  const subject = repositoryArn(place.repository);
  const { settings, unread } = await readApart(place, settingsToRead(asked));
  const finishes = canFinish(settings.tags?.[unfinishedTag], asked);
  if (finishes) await finishRepository(place.client, place.repository, asked);
  const has = { ...described, ...settings, ...(finishes && policiesOf(asked)) };
  const compared = Object.fromEntries(Object.entries(asked).filter(([setting]) => !(setting in unread)));
  const differences = settingDifferences(has, compared);
  return {
    did: finishes ? "finished" : "nothing",
    warnings: [
      ...differences.map((what) => `${subject} ${what}; a repository that exists is left as it is`),
      ...Object.entries(unread).map(
        ([setting, reason]) => `${setting} of ${subject} may not be read, and so not looked at: ${reason}`,
      ),
    ],
  };
}

/** Tags also tell whether the repository has its policies. */
function settingsToRead(asked: RepositorySettings): SettingApart[] {
  return settingsApart.filter(
    (setting) => asked[setting] !== undefined || (setting === "tags" && unfinishedValue(asked) !== ""),
  );
}

function policiesOf({ lifecyclePolicy, repositoryPolicy }: RepositorySettings): RepositorySettings {
  return {
    ...(lifecyclePolicy !== undefined && { lifecyclePolicy }),
    ...(repositoryPolicy !== undefined && { repositoryPolicy }),
  };
}
