import { Refusal } from "../refusal.ts";
import type { RepositoryKey } from "./repository-key.ts";

/** A refusal as ECR words it; `name` is its error type, `members` its fields besides the message. */
export class EcrError extends Refusal {
  readonly members: Readonly<Record<string, string | number>>;

  constructor(name: string, message: string, members: Readonly<Record<string, string | number>> = {}) {
    super(name, message);
    this.members = members;
  }
}

/** InvalidParameterException in the wording that the live service uses for every bad field. */
export function invalidParameter(field: string, constraint: string): EcrError {
  return new EcrError(
    "InvalidParameterException",
    `Invalid parameter at '${field}' failed to satisfy constraint: '${constraint}'`,
  );
}

/** RepositoryNotFoundException. */
export function repositoryNotFound({ account, name }: RepositoryKey): EcrError {
  return new EcrError(
    "RepositoryNotFoundException",
    `The repository with name '${name}' does not exist in the registry with id '${account}'`,
  );
}

/** LayersNotFoundException, as asked for one layer's download. */
export function layerNotFound(digest: string, { account, name }: RepositoryKey): EcrError {
  return new EcrError(
    "LayersNotFoundException",
    `The layer with digest ${digest} does not exist within the repository with name '${name}' in the registry with id '${account}'`,
  );
}

/** ImageNotFoundException; the half of the image id that was not given reads 'null' (hashicorp/terraform-provider-aws#35268). */
export function imageNotFound(
  id: { imageDigest?: string; imageTag?: string },
  { account, name }: RepositoryKey,
): EcrError {
  return new EcrError(
    "ImageNotFoundException",
    `The image with imageId {imageDigest:'${id.imageDigest ?? null}', imageTag:'${id.imageTag ?? null}'} does not exist within the repository with name '${name}' in the registry with id '${account}'`,
  );
}

/** LimitExceededException, for a quota whose name and value the message tells. */
export function limitExceeded(quota: string, value: number): EcrError {
  return new EcrError("LimitExceededException", `The limit of ${value} ${quota} is exceeded`);
}
