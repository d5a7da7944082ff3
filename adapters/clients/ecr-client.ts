import { ECRClient } from "@aws-sdk/client-ecr";
import type { EcrRepository } from "../../core/model/reference.ts";
import { accessCredentials, followSecret } from "./access-credentials.ts";
import { connection } from "./connection.ts";
import { customEndpoint } from "./custom-endpoint.ts";
import type { Access } from "./role-credentials.ts";

/**
 * How often one call is tried. The state machine repeats a whole task only a few times, and a large
 * layer has thousands of calls, of which many may be throttled while others copy to the same registry.
 */
const maxAttempts = 6;

const clients = new Map<string, ECRClient>();

/**
 * The client for a repository's registry, with the role of its side. Clients are kept, so that a
 * function that stays warm assumes a role once an hour.
 */
export function ecrClient(repository: EcrRepository, access: Access): ECRClient {
  const { region, fips, dualStack } = repository;
  const key = JSON.stringify([region, fips, dualStack, access]);
  const kept = clients.get(key);
  if (kept) return kept;
  const client = new ECRClient({
    region,
    // An endpoint of one's own excludes the variants of AWS's.
    ...(customEndpoint("ECR") ? {} : { useFipsEndpoint: fips, useDualstackEndpoint: dualStack }),
    credentials: accessCredentials(access, region),
    requestHandler: connection(),
    maxAttempts,
  });
  followSecret(client, access);
  clients.set(key, client);
  return client;
}
