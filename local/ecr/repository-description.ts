import type { Repository } from "./repository.ts";
import { repositoryArn } from "./repository-key.ts";

/** A repository as the API describes it. */
export function described({ key, settings }: Repository): object {
  return {
    repositoryArn: repositoryArn(key),
    registryId: key.account,
    repositoryName: key.name,
    repositoryUri: `${key.account}.dkr.ecr.${key.region}.amazonaws.com/${key.name}`,
    createdAt: settings.createdAt / 1000,
    imageTagMutability: settings.imageTagMutability,
    imageTagMutabilityExclusionFilters: settings.imageTagMutabilityExclusionFilters,
    imageScanningConfiguration: settings.imageScanningConfiguration,
    encryptionConfiguration: settings.encryptionConfiguration,
  };
}
