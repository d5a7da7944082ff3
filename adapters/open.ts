import { ArchiveSource } from "../core/archive/archive-source.ts";
import type { RegistryRepository } from "../core/model/registry-reference.ts";
import { settingsOf } from "../core/model/repository-settings.ts";
import { destinationOf, type Request, sourceOf } from "../core/model/request.ts";
import { parsePlatform } from "../core/platform/platform.ts";
import { PlatformSource } from "../core/platform/platform-source.ts";
import type { Destination, Pin, Sides, Source } from "../core/ports.ts";
import type { Untarred, UntarWatch } from "../core/steps/untar.ts";
import { ecrClient } from "./clients/ecr-client.ts";
import type { CredentialsOf } from "./clients/registry/credentials.ts";
import { registryCredentials } from "./clients/registry-secret.ts";
import type { Access } from "./clients/role-credentials.ts";
import { EcrDestination } from "./destinations/ecr.ts";
import { createRepository } from "./destinations/repository-settings.ts";
import { settingsLike } from "./destinations/repository-settings-like.ts";
import { EcrSource } from "./sources/ecr.ts";
import { RegistrySource } from "./sources/registry.ts";
import { inflateArchive, openArchive } from "./sources/s3-archive.ts";

/** What opening a side needs beside the request. */
export interface Surroundings {
  /** Where compressed archives are inflated to and read from. */
  readonly workBucket?: string;
  /** Whether registries on this machine are spoken to without TLS, and private addresses are. */
  readonly allowInsecure?: boolean;
  /** The credentials for registries where a request names no secret. */
  readonly credentialsOf?: CredentialsOf;
}

/** What opens the sides of requests. */
export function openSides(surroundings: Surroundings = {}): Sides {
  return {
    source: (request, pin) => openSource(request, surroundings, pin),
    destination: openDestination,
  };
}

/**
 * The source that a valid request names, reached with its source role; `pin` is what an earlier step has found there.
 * Nothing is called yet.
 */
function openSource(request: Request, surroundings: Surroundings, pin?: Pin): Source {
  const whole = openWhole(request, surroundings, pin);
  const platforms = request.platforms?.map(parsePlatform);
  return platforms ? new PlatformSource(whole, platforms, pin?.index) : whole;
}

function openWhole(request: Request, surroundings: Surroundings, pin?: Pin): Source {
  const source = sourceOf(request);
  const access = sourceAccess(request);
  switch (source.kind) {
    case "ecr":
      return new EcrSource(ecrClient(source.repository, access), source.repository);
    case "registry":
      return openRegistry(source.repository, request, surroundings);
    case "s3": {
      const { workBucket } = surroundings;
      const open = () => openArchive({ object: source, access, workBucket }, pin);
      const { layerCompression } = request;
      return new ArchiveSource(open, { image: source.image, layerCompression });
    }
  }
}

function openRegistry(repository: RegistryRepository, request: Request, surroundings: Surroundings): Source {
  const credentialsOf = credentialsFor(request, surroundings);
  return new RegistrySource(repository, credentialsOf, surroundings, request.sourceSecretArn ?? "user");
}

/** A registry's credentials are in the secret that the request names, or where this process looks for any. */
export function credentialsFor(
  { sourceSecretArn }: Pick<Request, "sourceSecretArn">,
  { credentialsOf }: Surroundings,
): CredentialsOf {
  if (sourceSecretArn !== undefined) return (host) => registryCredentials(sourceSecretArn, "source", host);
  return credentialsOf ?? (async () => undefined);
}

/**
 * Inflates the archive that a valid request names into the work bucket, unless that was done or it is not compressed.
 * Throws what `openArchive` and `untar` throw.
 */
export async function untarSource(
  request: Request,
  workBucket: string | undefined,
  watch: UntarWatch,
): Promise<Partial<Untarred> & Pick<Untarred, "etag">> {
  const source = sourceOf(request);
  if (source.kind !== "s3") throw new Error(`${request.source} is no archive`);
  return inflateArchive({ object: source, access: sourceAccess(request), workBucket }, watch);
}

/** The destination that a valid request names, reached with its destination role. Nothing is called yet. */
export function openDestination(request: Request): Destination {
  const { repository } = destinationOf(request);
  const client = ecrClient(repository, destinationAccess(request));
  const ensure = request.createRepository === undefined ? undefined : () => ensureRepository(request);
  return new EcrDestination(client, repository, ensure);
}

async function ensureRepository(request: Request): Promise<string[]> {
  const { repository } = destinationOf(request);
  const asked = request.createRepository ?? true;
  const source = sourceOf(request);
  const { settings, warnings } =
    asked !== true && "like" in asked && source.kind === "ecr"
      ? await settingsLike(ecrClient(source.repository, sourceAccess(request)), source.repository, repository)
      : { settings: settingsOf(asked as Parameters<typeof settingsOf>[0]), warnings: [] };
  const made = await createRepository(
    ecrClient(repository, destinationAccess(request)),
    repository,
    settings,
  );
  return [...warnings, ...made.warnings];
}

/** How the source of a request, or of a rule, is reached. */
export function sourceAccess(request: Omit<Request, "source" | "destination">): Access {
  const { sourceRoleArn: roleArn, sourceExternalId: externalId } = request;
  return { side: "source", roleArn, externalId, credentialsSecretArn: request.sourceCredentialsSecretArn };
}

/** How the destination of a request, or of a rule, is reached. */
export function destinationAccess(request: Omit<Request, "source" | "destination">): Access {
  const { destinationRoleArn: roleArn, destinationExternalId: externalId } = request;
  const credentialsSecretArn = request.destinationCredentialsSecretArn;
  return { side: "destination", roleArn, externalId, credentialsSecretArn };
}
