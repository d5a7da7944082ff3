import { ArchiveSource } from "../core/archive/archive-source.ts";
import { destinationOf, type Request, sourceOf } from "../core/model/request.ts";
import type { Destination, Pin, Sides, Source } from "../core/ports.ts";
import { ecrClient } from "./clients/ecr-client.ts";
import { S3Archive } from "./clients/s3-archive.ts";
import { s3Client } from "./clients/s3-client.ts";
import { EcrDestination } from "./destinations/ecr.ts";
import { EcrSource } from "./sources/ecr.ts";

/** What opens the sides of requests. */
export const sides: Sides = { source: openSource, destination: openDestination };

/**
 * The source that a valid request names, reached with its source role; `pin` is the version of an archive that an
 * earlier step has found there. Nothing is called yet.
 */
export function openSource(request: Request, pin?: Pin): Source {
  const source = sourceOf(request);
  const { sourceRoleArn: roleArn, sourceExternalId: externalId, layerCompression } = request;
  const access = { side: "source", roleArn, externalId } as const;
  if (source.kind === "ecr") return new EcrSource(ecrClient(source.repository, access), source.repository);
  const open = () => S3Archive.open(s3Client(access), source, pin);
  return new ArchiveSource(open, { image: source.image, layerCompression });
}

/** The destination that a valid request names, reached with its destination role. Nothing is called yet. */
export function openDestination(request: Request): Destination {
  const { repository } = destinationOf(request);
  const { destinationRoleArn: roleArn, destinationExternalId: externalId } = request;
  return new EcrDestination(ecrClient(repository, { side: "destination", roleArn, externalId }), repository);
}
