import { buildImage } from "./image.ts";
import { push } from "./push.ts";
import { accounts, createRepository, host, imageOf, region, replicate, say } from "./stage.ts";

const versions = Array.from({ length: 10 }, (_, at) => `1.${at}.0`);
const apps = ["api", "cart", "mail", "shop", "web"];
const platforms = ["linux/amd64"];

/** A rule keeps fifty images in step: all at first, then none, then the one that is new. */
export async function fromRule(endpoint: string): Promise<void> {
  say(
    `Pushing ${apps.length * versions.length} images to ${apps.length} repositories: ${host(repository("*"))}`,
  );
  for (const app of apps) {
    await createRepository(endpoint, repository(app));
    for (const version of versions) await pushVersion(endpoint, app, version);
  }

  say("What the rule `team` of replication.yaml would do");
  await replicate(endpoint, ["plan", "team"]);
  say("Doing it, on the state machine ReplicateImages");
  await replicate(endpoint, ["sync", "team", "--state-machine"]);
  say("Once more: nothing is left to do");
  await replicate(endpoint, ["sync", "team", "--state-machine"]);

  say("A new version of one of them, and the rule again");
  await pushVersion(endpoint, "shop", "1.10.0");
  await replicate(endpoint, ["sync", "team", "--state-machine"]);
  await compare(endpoint);
}

function repository(app: string, mirrored = false) {
  return mirrored
    ? { account: accounts.destination, region, name: `mirror/team/${app}` }
    : { account: accounts.source, region, name: `team/${app}` };
}

async function pushVersion(endpoint: string, app: string, version: string): Promise<void> {
  const { account, name } = repository(app);
  const image = buildImage(platforms, 0.25, `${app}-${version}`);
  await push(image, `${endpoint}/v2/${account}/${region}/${name}`, version);
}

async function compare(endpoint: string): Promise<void> {
  const all = apps.flatMap((app) => versions.map((version) => ({ app, version })));
  for (const { app, version } of [...all, { app: "shop", version: "1.10.0" }]) {
    const { digest: there } = await imageOf(endpoint, repository(app), version);
    const { digest: here } = await imageOf(endpoint, repository(app, true), version);
    if (here === undefined || there !== here) throw new Error(`${app}:${version}: the digests differ`);
  }
  console.log(`${all.length + 1} digests agree.`);
}
