import { processRegion } from "./process-region.ts";
import { type Access, type Credentials, roleCredentials } from "./role-credentials.ts";
import { type KeySecret, readKeys, staticCredentials, useRotatedKeys } from "./static-credentials.ts";

/** What an SDK client of a side signs with, a provider or undefined for the credentials of this process. Nothing is called yet. */
export function accessCredentials(
  access: Access,
  region: string,
): (() => Promise<Omit<Credentials, "sessionToken"> & { sessionToken?: string }>) | undefined {
  const secret = keySecret(access);
  if (secret) return staticCredentials(secret);
  return access.roleArn ? roleCredentials(access.roleArn, access, region) : undefined;
}

/**
 * Where a client of a side begins that is not bound to a Region: the secret knows of what partition its access keys are.
 * Else it is the Region of this process, or the one that is given where it has none.
 */
export function accessRegion(access: Access, otherwise: string): () => Promise<string> {
  const secret = keySecret(access);
  const own = processRegion(otherwise);
  return secret ? async () => (await readKeys(secret)).region ?? own() : own;
}

/** Has a client whose access keys are in a secret follow their rotation. */
export function followSecret(client: Parameters<typeof useRotatedKeys>[0], access: Access): void {
  const secret = keySecret(access);
  if (secret) useRotatedKeys(client, secret);
}

function keySecret({ credentialsSecretArn: arn, side }: Access): KeySecret | undefined {
  return arn === undefined ? undefined : { arn, side };
}
