import { randomInt } from "node:crypto";
import { Refusal } from "../refusal.ts";

/** Where secrets are kept apart: nothing is shared between two accounts or two regions. */
export interface Place {
  /** Twelve digits. */
  readonly account: string;
  readonly region: string;
}

/** What is kept secret: a text, or bytes in base64. */
export type SecretValue = { readonly SecretString: string } | { readonly SecretBinary: string };

/** One value that a secret has had; without a stage it is not kept. */
export interface SecretVersion {
  /** The request token it was put with, a UUID as the clients make it. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly value: SecretValue;
  /** Such as `AWSCURRENT`; a stage is at one version at a time. */
  stages: string[];
}

/** A secret with its versions. */
export interface Secret extends Place {
  /** `arn:aws:secretsmanager:<region>:<account>:secret:<name>-<6 characters>`. */
  readonly arn: string;
  readonly name: string;
  readonly description?: string | undefined;
  readonly kmsKeyId?: string | undefined;
  readonly tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[];
  /** Epoch milliseconds, as are the next two. */
  readonly createdAt: number;
  changedAt: number;
  /** When its deletion was asked for, if it waits for that. */
  deletedAt?: number | undefined;
  versions: SecretVersion[];
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** An ARN for a new secret: its last six characters tell it from one of the same name before or after it. */
export function newArn(place: Place, name: string): string {
  const suffix = Array.from({ length: 6 }, () => letters[randomInt(letters.length)]).join("");
  return `${arnOf(place, name)}-${suffix}`;
}

/** The ARN without the six characters, by which a secret can be called, too; only the commercial partition is known here. */
export function arnOf({ account, region }: Place, name: string): string {
  return `arn:aws:secretsmanager:${region}:${account}:secret:${name}`;
}

/** The version at a stage, or with an id, or both. Throws ResourceNotFoundException. */
export function versionOf(secret: Secret, id: string | undefined, stage: string | undefined): SecretVersion {
  const wanted = id === undefined ? (stage ?? "AWSCURRENT") : stage;
  const found = secret.versions.find(
    (version) =>
      (id === undefined || version.id === id) && (wanted === undefined || version.stages.includes(wanted)),
  );
  if (found) return found;
  const by = id === undefined ? `staging label: ${wanted}` : `VersionId: ${id}`;
  throw new Refusal(
    "ResourceNotFoundException",
    `Secrets Manager can't find the specified secret value for ${by}`,
  );
}

/** Puts a value; what was current becomes previous. Throws ResourceExistsException for a token that stands for another value. */
export function putVersion(secret: Secret, version: SecretVersion): void {
  const same = secret.versions.find(({ id }) => id === version.id);
  if (same && JSON.stringify(same.value) !== JSON.stringify(version.value)) {
    throw new Refusal(
      "ResourceExistsException",
      `You can't use ClientRequestToken ${version.id} because that value is already in use for a version of secret ${secret.arn}.`,
    );
  }
  if (same) return;
  const current = secret.versions.find(({ stages }) => stages.includes("AWSCURRENT"));
  const moved = version.stages.includes("AWSCURRENT") ? [...version.stages, "AWSPREVIOUS"] : version.stages;
  for (const other of secret.versions) other.stages = other.stages.filter((stage) => !moved.includes(stage));
  if (current && version.stages.includes("AWSCURRENT")) current.stages.push("AWSPREVIOUS");
  secret.versions = [...secret.versions.filter(({ stages }) => stages.length > 0), version];
  secret.changedAt = version.createdAt;
}
