import { ArchiveSource } from "../core/archive/archive-source.ts";
import { destinationOf, type Request, sourceOf } from "../core/model/request.ts";
import { parsePlatform } from "../core/platform/platform.ts";
import { PlatformSource } from "../core/platform/platform-source.ts";
import type { Destination, Pin, Sides, Source } from "../core/ports.ts";
import type { Untarred, UntarWatch } from "../core/steps/untar.ts";
import { ecrClient } from "./clients/ecr-client.ts";
import type { Access } from "./clients/role-credentials.ts";
import { EcrDestination } from "./destinations/ecr.ts";
import { EcrSource } from "./sources/ecr.ts";
import { inflateArchive, openArchive } from "./sources/s3-archive.ts";

/** What opens the sides of requests; archives that are compressed are read from the work bucket, if there is one. */
export function openSides(workBucket?: string): Sides {
  return {
    source: (request, pin) => openSource(request, pin, workBucket),
    destination: openDestination,
  };
}

/**
 * The source that a valid request names, reached with its source role; `pin` is the version of an archive that an
 * earlier step has found there. Nothing is called yet.
 */
function openSource(request: Request, pin?: Pin, workBucket?: string): Source {
  const whole = openWhole(request, pin, workBucket);
  const platforms = request.platforms?.map(parsePlatform);
  return platforms ? new PlatformSource(whole, platforms, pin?.index) : whole;
}

function openWhole(request: Request, pin?: Pin, workBucket?: string): Source {
  const source = sourceOf(request);
  const access = sourceAccess(request);
  if (source.kind === "ecr") return new EcrSource(ecrClient(source.repository, access), source.repository);
  const open = () => openArchive({ object: source, access, workBucket }, pin);
  return new ArchiveSource(open, { image: source.image, layerCompression: request.layerCompression });
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
  const { destinationRoleArn: roleArn, destinationExternalId: externalId } = request;
  return new EcrDestination(ecrClient(repository, { side: "destination", roleArn, externalId }), repository);
}

function sourceAccess({ sourceRoleArn: roleArn, sourceExternalId: externalId }: Request): Access {
  return { side: "source", roleArn, externalId };
}
