import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { Request } from "../../core/model/request.ts";
import type { LocalAws } from "../../local/aws.ts";
import { RecordingRegistry } from "../fakes/recording-registry.ts";
import { accounts, externalId, region, roleArns } from "./pipeline.ts";
import { nameOf, type Repository } from "./repository.ts";

/** Who may read from the registries of the tests. */
export const user = { username: "reader", password: "password-secret" };

/** A registry on this machine that demands a token, over plain http. */
export async function startRegistry(): Promise<RecordingRegistry> {
  const registry = await RecordingRegistry.start();
  registry.auth = "bearer";
  registry.user = user;
  registry.realm = `${registry.origin("127.0.0.1", "http")}/token`;
  return registry;
}

/** Makes a secret in the pipeline's account: its ARN. The functions may read that of `replication.yaml`. */
export async function createSecret(
  aws: LocalAws,
  fields: object = user,
  Name = "docker-hub",
): Promise<string> {
  const credentials = { accessKeyId: accounts.pipeline, secretAccessKey: "local" };
  const client = new SecretsManagerClient({ endpoint: aws.endpoint, region, credentials });
  const { ARN = "" } = await client.send(
    new CreateSecretCommand({ Name, SecretString: JSON.stringify(fields) }),
  );
  return ARN;
}

/** A request from the registry's tag 1, with the role of the destination. */
export function requestFromRegistry(
  registry: RecordingRegistry,
  to: Repository,
  also: Partial<Request> = {},
): Request {
  return {
    source: `${registry.host("127.0.0.1", "http")}/app:1`,
    destination: nameOf(to),
    destinationRoleArn: roleArns.destination,
    destinationExternalId: externalId,
    ...also,
  };
}

/** What the registry gave to somebody who was signed in, such as `HEAD manifests/1`. */
export function served({ requests }: RecordingRegistry): string[] {
  return requests
    .filter(({ path, authorization }) => path.startsWith("/v2/") && authorization !== undefined)
    .map(({ method, path }) => `${method} ${path.replace("/v2/app/", "")}`);
}
