import { Refusal } from "../refusal.ts";
import type { Input } from "./input.ts";
import {
  arnOf,
  newArn,
  type Place,
  putVersion,
  type Secret,
  type SecretValue,
  type SecretVersion,
  versionOf,
} from "./secret.ts";
import type { SecretStore } from "./secret-store.ts";

/** What an operation works on: the secrets of one place, and the check of what the caller may do to an ARN. */
export interface Context {
  readonly store: SecretStore;
  readonly place: Place;
  readonly authorize: (arn: string) => void;
}

const dayMillis = 24 * 60 * 60 * 1000;

/** Makes a secret, with a first value or without. */
export function createSecret(input: Input<"CreateSecret">, { store, place, authorize }: Context): object {
  const arn = newArn(place, input.Name);
  authorize(arn);
  const value = valueIn(input);
  const existing = store.find(place, input.Name);
  if (existing) return createdBefore(existing, input.ClientRequestToken, value);
  const now = Date.now();
  const secret: Secret = {
    ...place,
    arn,
    name: input.Name,
    description: input.Description,
    kmsKeyId: input.KmsKeyId,
    tags: input.Tags ?? [],
    createdAt: now,
    changedAt: now,
    versions: value ? [versionFrom(input.ClientRequestToken, value, ["AWSCURRENT"])] : [],
  };
  store.save(secret);
  return { ARN: arn, Name: input.Name, VersionId: secret.versions[0]?.id };
}

/** Gives a secret a new value. */
export function putSecretValue(input: Input<"PutSecretValue">, context: Context): object {
  const secret = present(input.SecretId, context);
  const value = valueIn(input);
  if (!value)
    throw new Refusal("InvalidRequestException", "You must provide either SecretString or SecretBinary.");
  // The first value is current, whatever else it is.
  const first = secret.versions.length === 0 ? ["AWSCURRENT"] : [];
  const stages = [...new Set([...(input.VersionStages ?? ["AWSCURRENT"]), ...first])];
  putVersion(secret, versionFrom(input.ClientRequestToken, value, stages));
  context.store.save(secret);
  const { id } = versionOf(secret, input.ClientRequestToken, undefined);
  return { ARN: secret.arn, Name: secret.name, VersionId: id, VersionStages: stages };
}

/** Tells a value: the current one, unless another is asked for. */
export function getSecretValue(input: Input<"GetSecretValue">, context: Context): object {
  const secret = present(input.SecretId, context);
  const { id, value, stages, createdAt } = versionOf(secret, input.VersionId, input.VersionStage);
  const address = { ARN: secret.arn, Name: secret.name, VersionId: id };
  return { ...address, ...value, VersionStages: stages, CreatedDate: createdAt / 1000 };
}

/** Tells all of a secret but its values. */
export function describeSecret(input: Input<"DescribeSecret">, context: Context): object {
  const secret = find(input.SecretId, context);
  return { ...described(secret), VersionIdsToStages: stagesOf(secret) };
}

/** Removes a secret at once when forced, and otherwise lets it wait for its deletion. */
export function deleteSecret(input: Input<"DeleteSecret">, context: Context): object {
  const { SecretId, RecoveryWindowInDays: days = 30, ForceDeleteWithoutRecovery: forced } = input;
  if (forced && input.RecoveryWindowInDays !== undefined)
    throw new Refusal(
      "InvalidParameterException",
      "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
    );
  if (days < 7 || days > 30)
    throw new Refusal(
      "InvalidParameterException",
      "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
    );
  const secret = forced ? find(SecretId, context) : present(SecretId, context);
  const now = Date.now();
  if (forced) context.store.remove(secret);
  else context.store.save(Object.assign(secret, { deletedAt: now }));
  const deletion = forced ? now : now + days * dayMillis;
  return { ARN: secret.arn, Name: secret.name, DeletionDate: deletion / 1000 };
}

/** Lists the secrets by name, in pages. */
export function listSecrets(input: Input<"ListSecrets">, { store, place, authorize }: Context): object {
  authorize("*");
  const after = input.NextToken === undefined ? "" : Buffer.from(input.NextToken, "base64url").toString();
  if (Buffer.from(after).toString("base64url") !== (input.NextToken ?? ""))
    throw new Refusal("InvalidNextTokenException", "The NextToken value is invalid.");
  const rest = store
    .list(place)
    .filter(({ name }) => name > after)
    .filter(({ deletedAt }) => input.IncludePlannedDeletion || deletedAt === undefined);
  const page = rest.slice(0, input.MaxResults);
  return {
    SecretList: page.map((secret) => ({ ...described(secret), SecretVersionsToStages: stagesOf(secret) })),
    NextToken:
      page.length < rest.length ? Buffer.from(page.at(-1)?.name ?? "").toString("base64url") : undefined,
  };
}

/** A secret that the caller may use. Throws AccessDeniedException before it tells whether there is one. */
function find(id: string, { store, place, authorize }: Context): Secret {
  const secret = store.find(place, id);
  authorize(secret?.arn ?? (id.startsWith("arn:") ? id : arnOf(place, id)));
  if (secret) return secret;
  throw new Refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
}

/** One that does not wait for its deletion. */
function present(id: string, context: Context): Secret {
  const secret = find(id, context);
  if (secret.deletedAt === undefined) return secret;
  throw new Refusal(
    "InvalidRequestException",
    "You can't perform this operation on the secret because it was marked for deletion.",
  );
}

/** The answer to a creation that is asked for again, which is none when it would make another secret. */
function createdBefore(secret: Secret, token: string, value: SecretValue | undefined): object {
  if (secret.deletedAt !== undefined)
    throw new Refusal(
      "InvalidRequestException",
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    );
  const [version] = secret.versions;
  const same = version?.id === token && JSON.stringify(version.value) === JSON.stringify(value);
  if (same) return { ARN: secret.arn, Name: secret.name, VersionId: token };
  throw new Refusal(
    "ResourceExistsException",
    `The operation failed because the secret ${secret.name} already exists.`,
  );
}

function valueIn({
  SecretString,
  SecretBinary,
}: Partial<Record<"SecretString" | "SecretBinary", string>>): SecretValue | undefined {
  if (SecretString !== undefined && SecretBinary !== undefined)
    throw new Refusal(
      "InvalidParameterException",
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  if (SecretString !== undefined) return { SecretString };
  return SecretBinary === undefined ? undefined : { SecretBinary };
}

function versionFrom(id: string, value: SecretValue, stages: string[]): SecretVersion {
  return { id, value, stages, createdAt: Date.now() };
}

function described(secret: Secret): object {
  return {
    ARN: secret.arn,
    Name: secret.name,
    Description: secret.description,
    KmsKeyId: secret.kmsKeyId,
    Tags: secret.tags,
    CreatedDate: secret.createdAt / 1000,
    LastChangedDate: secret.changedAt / 1000,
    DeletedDate: secret.deletedAt === undefined ? undefined : secret.deletedAt / 1000,
  };
}

function stagesOf({ versions }: Secret): Record<string, string[]> {
  return Object.fromEntries(versions.map(({ id, stages }) => [id, stages]));
}
