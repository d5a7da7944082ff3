import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { accounts, administrator, region, roles } from "../account.ts";
import { artifactType, attachReferrer, attachSignature } from "../artifact.ts";
import { AwsCli } from "../aws-cli.ts";
import type { Check, Stage } from "../check.ts";
import { ecrName, type Image, registryName } from "../image.ts";
import { run } from "../program.ts";
import { craneRegistry, dockerRegistry, user } from "../registry.ts";
import { compareNames, digestOfName, skopeoCopy } from "../skopeo.ts";
import { findCrane } from "./crane.ts";
import { buildIndex } from "./index-of-platforms.ts";

const needs = ["skopeo", "umoci", "dpkg", "tar", "aws"];
/** The secret of `replication.yaml`. */
const secretName = "docker-hub";
const password = `${user.username}:${user.password}`;

/** How the product is called, and the repository that it copies to then. */
interface Way {
  readonly to: string;
  readonly options: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** An index in Debian's registry, which anybody may read. */
export const fromDockerRegistry: Check = {
  name: "skopeo reads what was copied from docker-registry, with its signatures",
  needs: ["docker-registry", ...needs],
  run: async (stage) => {
    const registry = await dockerRegistry(stage, "open");
    try {
      const name = `${registry.host}/team/app:both`;
      await pushIndex(stage, name);
      const repository = `http://${registry.host}/v2/team/app`;
      const raw = await fetch(`${repository}/manifests/both`, { headers: { accept: indexType } });
      const size = (await raw.bytes()).length;
      const subject = {
        repository,
        descriptor: { mediaType: indexType, digest: await digestOfName(name), size },
      };
      const [referrer, signature] = [await attachReferrer(subject), await attachSignature(subject)];
      const images = await copies(stage, name, ways(stage, "docker-registry"), { referrers: 2 });
      for (const image of images) await expectArtifacts(stage, image, referrer, signature);
      return `${await compared(stage, name, images)}, 2 artifacts`;
    } finally {
      registry.stop();
    }
  },
};

/** The same where a password is asked for: from docker's own login, and from a secret. */
export const fromDockerRegistryWithPassword: Check = {
  name: "skopeo reads what was copied from docker-registry with a password",
  needs: ["docker-registry", ...needs],
  run: async (stage) => {
    const registry = await dockerRegistry(stage, "password");
    try {
      const name = `${registry.host}/team/app:both`;
      await pushIndex(stage, name, ["--dest-creds", password]);
      const [here, there] = ways(stage, "docker-registry-password") as [Way, Way];
      const env = { DOCKER_CONFIG: await login(stage, registry.host) };
      const secret = await keepSecret(stage);
      const signedIn = [
        { ...here, env },
        { ...there, options: [...there.options, "--source-secret-arn", secret] },
      ];
      return await compared(stage, name, await copies(stage, name, signedIn), password);
    } finally {
      registry.stop();
    }
  },
};

/** An index in the registry that crane is. */
export const fromCraneRegistry: Check = {
  name: "skopeo reads what was copied from crane's registry",
  needs,
  run: async (stage) => {
    const registry = await craneRegistry(await findCrane());
    try {
      const name = `${registry.host}/team/app:both`;
      await pushIndex(stage, name);
      return await compared(stage, name, await copies(stage, name, ways(stage, "crane-registry")));
    } finally {
      registry.stop();
    }
  },
};

const indexType = "application/vnd.oci.image.index.v1+json";
const built = new Map<string, Promise<{ layout: string }>>();

/** Pushes an index of two platforms, the same one each time. */
async function pushIndex(stage: Stage, name: string, options: readonly string[] = []): Promise<void> {
  const index = built.get(stage.directory) ?? buildIndex(stage.directory, "registries");
  built.set(stage.directory, index);
  const { layout } = await index;
  await skopeoCopy(`oci:${layout}:registries`, `docker://${name}`, "--all", ...options);
}

/** From here, and by the state machine; into repositories that are not there yet. */
function ways(stage: Stage, name: string): Way[] {
  return [
    { to: `interop/${name}-here`, options: ["--allow-insecure"] },
    { to: `interop/${name}-there`, options: ["--state-machine", stage.stateMachineArn] },
  ];
}

/** Copies each way, and once more, which is to find all in sync: the images. */
async function copies(
  stage: Stage,
  name: string,
  all: readonly Way[],
  { referrers = 0 } = {},
): Promise<Image[]> {
  const images: Image[] = [];
  for (const { to, options, env } of all) {
    const image = { account: accounts.destination, region, repository: to, tag: "both" };
    const copying = ["copy", name, ecrName(image), "", roles.destination, "--create-repository", "--json"];
    const command = ["dist/cli/ecr-replicator.js", ...copying, ...options];
    const environment = { ...administrator(accounts.pipeline, stage.endpoint), ...env };
    for (const [status, copied] of [
      ["Replicated", referrers],
      ["InSync", 0],
    ]) {
      const report = JSON.parse(String(await run(process.execPath, command, { env: environment })));
      assert.deepEqual([report.status, report.referrers.copied, report.warnings], [status, copied, []]);
    }
    images.push(image);
  }
  return images;
}

async function compared(
  stage: Stage,
  name: string,
  images: readonly Image[],
  credentials?: string,
): Promise<string> {
  let summary = "";
  for (const image of images) {
    summary = await compareNames(stage, { name, credentials }, { name: registryName(stage, image) });
  }
  return summary;
}

/** The AWS CLI lists the one, and skopeo finds the other under its tag. */
async function expectArtifacts(
  stage: Stage,
  image: Image,
  referrer: string,
  [tag, digest]: readonly [string, string],
): Promise<void> {
  const subject = `imageDigest=${await digestOfName(registryName(stage, image))}`;
  const listing = ["list-image-referrers", "--repository-name", image.repository, "--subject-id", subject];
  const answer = await new AwsCli(stage, image.account).call("ecr", ...listing);
  const listed = answer["referrers"] as { digest: string; artifactType: string }[];
  assert.deepEqual(
    listed.map((each) => [each.digest, each.artifactType]),
    [[referrer, artifactType]],
  );
  assert.equal(await digestOfName(registryName(stage, { ...image, tag })), digest);
}

/** What `docker login` leaves: the folder of docker's configuration. */
async function login({ directory }: Stage, host: string): Promise<string> {
  const folder = join(directory, "docker-login");
  await mkdir(folder);
  const auths = { [host]: { auth: Buffer.from(password).toString("base64") } };
  await writeFile(join(folder, "config.json"), JSON.stringify({ auths }));
  return folder;
}

async function keepSecret(stage: Stage): Promise<string> {
  const what = ["--name", secretName, "--secret-string", JSON.stringify(user)];
  const answer = await new AwsCli(stage, accounts.pipeline).call("secretsmanager", "create-secret", ...what);
  return String(answer["ARN"]);
}
