import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { buildImage } from "./image.ts";
import { TokenRegistry, type User } from "./registry.ts";
import {
  accounts,
  clientConfig,
  host,
  imageOf,
  region,
  replicate,
  roles,
  say,
  stateMachine,
} from "./stage.ts";

const name = { repository: "team/app", tag: "1.0.0" };
const destination = { account: accounts.destination, region, name: "mirror/from-registry" };
// As `replication.yaml` has it, which lets the functions read it.
const secretName = "docker-hub";
const [, destinationRole = ""] = roles;

/** An image in a registry that demands a token arrives in a repository of ECR that is made on the way. */
export async function fromRegistry(endpoint: string): Promise<void> {
  const image = buildImage(["linux/amd64", "linux/arm64"], 16);
  const user = { username: "reader", password: "a password of this demonstration" };
  const registry = await TokenRegistry.start(image, name, user);
  try {
    const source = `${registry.host}/${name.repository}:${name.tag}`;
    say(`A registry on this machine that demands a token: ${source}`);
    const secret = await keep(endpoint, user);
    console.log(`its user name and password are in ${secret}`);

    say("Copying it with the state machine, into a repository that is not there yet");
    const words = ["copy", source, host(destination), "", destinationRole, "--source-secret-arn", secret];
    await replicate(endpoint, [...words, "--create-repository", "--state-machine", stateMachine]);

    say("Once more, from here: an image in sync costs one HEAD, which no registry counts as a pull");
    registry.served.length = 0;
    await replicate(endpoint, [...words, "--allow-insecure"]);
    console.log(`the registry served ${registry.served.join(", ")}`);
    if (registry.served.length !== 1) throw new Error("more was read of the registry than one HEAD");

    const { digest } = await imageOf(endpoint, destination, name.tag);
    console.log(`source       ${image.index.descriptor.digest}\ndestination  ${digest}`);
    if (digest !== image.index.descriptor.digest) throw new Error("the digests differ");
    console.log("The digests agree.");
  } finally {
    registry.stop();
  }
}

/** Puts what signs a user in into a secret that the app's functions may read: its ARN. */
async function keep(endpoint: string, user: User): Promise<string> {
  const client = new SecretsManagerClient(clientConfig(endpoint, accounts.pipeline));
  const command = new CreateSecretCommand({
    Name: secretName,
    SecretString: JSON.stringify(user),
  });
  return (await client.send(command)).ARN ?? "";
}
