import { destinationOf, type Request, sourceOf } from "../core/model/request.ts";
import type { Destination, Source } from "../core/ports.ts";
import { ecrClient } from "./clients/ecr-client.ts";
import { EcrDestination } from "./destinations/ecr.ts";
import { EcrSource } from "./sources/ecr.ts";

/** The source that a valid request names, reached with its source role. Nothing is called yet. */
export function openSource(request: Request): Source {
  const { repository } = sourceOf(request);
  const { sourceRoleArn: roleArn, sourceExternalId: externalId } = request;
  return new EcrSource(ecrClient(repository, { side: "source", roleArn, externalId }), repository);
}

/** The destination that a valid request names, reached with its destination role. Nothing is called yet. */
export function openDestination(request: Request): Destination {
  const { repository } = destinationOf(request);
  const { destinationRoleArn: roleArn, destinationExternalId: externalId } = request;
  return new EcrDestination(ecrClient(repository, { side: "destination", roleArn, externalId }), repository);
}
