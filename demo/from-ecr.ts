import { buildImage } from "./image.ts";
import { push } from "./push.ts";
import { accounts, createRepository, host, imageOf, replicate, roles, say, stateMachine } from "./stage.ts";

const source = { account: accounts.source, region: "us-east-1", name: "team/app" };
const destination = { account: accounts.destination, region: "eu-central-1", name: "mirror/app" };
const tag = "1.0.0";

/** An image in one account's ECR arrives in another account's ECR in another Region, through the state machine. */
export async function fromEcr(endpoint: string): Promise<void> {
  say(`Building an image for two platforms, and pushing it to ${host(source)}`);
  await createRepository(endpoint, source);
  await createRepository(endpoint, destination);
  const image = buildImage(["linux/amd64", "linux/arm64"], 32);
  await push(image, `${endpoint}/v2/${source.account}/${source.region}/${source.name}`, tag);
  console.log(`pushed ${image.index.descriptor.digest}`);

  const words = [
    "copy",
    `${host(source)}:${tag}`,
    host(destination),
    ...roles,
    "--state-machine",
    stateMachine,
  ];
  say(`Replicating it to ${host(destination)} with the state machine`);
  await replicate(endpoint, words);
  say("Once more: nothing is left to do");
  await replicate(endpoint, words);

  say("What the two registries say");
  const { digest: there } = await imageOf(endpoint, source, tag);
  const { digest: here } = await imageOf(endpoint, destination, tag);
  console.log(`source       ${there}\ndestination  ${here}`);
  if (there !== here || here !== image.index.descriptor.digest) throw new Error("the digests differ");
  console.log("The digests agree.");
}
