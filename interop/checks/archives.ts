import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { accounts, administrator, roles } from "../account.ts";
import { AwsCli, createRepositories } from "../aws-cli.ts";
import type { Check, Stage } from "../check.ts";
import { bothSides, ecrName, type Image, registryName } from "../image.ts";
import { ProgramFailed, run } from "../program.ts";
import { buildImage } from "../real-image.ts";
import { compareWithCopy, sha256, skopeoCopy } from "../skopeo.ts";
import { craneIn, findCrane } from "./crane.ts";

const bucket = "my-bucket";
const needs = ["skopeo", "umoci", "dpkg", "tar", "aws"];

/** What makes an image what it is, whatever its manifest: the config's digest, and those of the layers without compression. */
interface Identity {
  readonly config: string;
  readonly diffIds: readonly string[];
}

/** An OCI archive of skopeo's in a bucket becomes the image that skopeo pushed. */
export const ociArchive: Check = {
  name: "skopeo reads what was copied from an OCI archive that it wrote, blob for blob",
  needs,
  run: async (stage) => {
    const { layout, pushed } = await prepare(stage, "oci");
    const file = join(stage.directory, "oci.tar");
    await skopeoCopy(layout, `oci-archive:${file}`);
    const source = await upload(stage, file);
    let summary = "";
    for (const [way, destination] of await destinations(stage, "oci")) {
      await copy(stage, source, destination, way);
      summary = await compareWithCopy(stage, pushed, destination);
    }
    return summary;
  },
};

/** A Docker archive of skopeo's in a bucket becomes an image with the same config and layers. */
export const dockerArchive: Check = {
  name: "skopeo reads what was copied from a Docker archive that it wrote, with its config and its layers",
  needs,
  run: async (stage) => {
    const { layout } = await prepare(stage, "docker");
    const file = join(stage.directory, "docker.tar");
    await skopeoCopy(layout, `docker-archive:${file}:team/app:docker`);
    const source = await upload(stage, file);
    const expected = await identityOf(`docker-archive:${file}`);
    for (const [way, destination] of await destinations(stage, "docker")) {
      await copy(stage, source, destination, [...way, "--layer-compression", "none"]);
      assert.deepEqual(await identityOf(`docker://${registryName(stage, destination)}`), expected);
      await skopeoCopy(`docker://${registryName(stage, destination)}`, `oci:${file}-read-back`);
    }
    return `${expected.config.slice(0, 19)}…, ${expected.diffIds.length} layers equal`;
  },
};

/** A tarball of crane's in a bucket becomes an image with the very layers that crane pulled. */
export const craneTarball: Check = {
  name: "crane finds whole what was copied from a tarball that it pulled, with the very layers",
  needs,
  run: async (stage) => {
    const call = craneIn(stage, await findCrane());
    const { pushed } = await prepare(stage, "tarball");
    const file = join(stage.directory, "crane.tar");
    await call("pull", registryName(stage, pushed), file);
    const source = await upload(stage, file);
    const expected = await partsOf(stage, pushed);
    for (const [way, destination] of await destinations(stage, "tarball")) {
      await copy(stage, source, destination, way);
      assert.deepEqual(await partsOf(stage, destination), expected);
      await call("validate", "--remote", registryName(stage, destination));
    }
    return `${expected.length} blobs equal`;
  },
};

/** Builds an image, and pushes it to a repository of the source account. */
async function prepare(stage: Stage, tag: string): Promise<{ layout: string; pushed: Image }> {
  const [pushed] = bothSides(`interop/archives-${tag}`, tag);
  await createRepositories(stage, [pushed]);
  const layout = `oci:${await buildImage(stage.directory, `archive-${tag}`)}:archive-${tag}`;
  await skopeoCopy(layout, `docker://${registryName(stage, pushed)}`);
  return { layout, pushed };
}

/** A repository for a copy from here, and one for a copy by the state machine, with the options of each. */
async function destinations(stage: Stage, tag: string): Promise<[way: string[], image: Image][]> {
  const [, here] = bothSides(`interop/archives-here-${tag}`, tag);
  const [, there] = bothSides(`interop/archives-there-${tag}`, tag);
  await createRepositories(stage, [here, there]);
  return [
    [[], here],
    [["--state-machine", stage.stateMachineArn], there],
  ];
}

/** Puts a file into the bucket: its name as a source. */
async function upload(stage: Stage, file: string): Promise<string> {
  const cli = new AwsCli(stage, accounts.source);
  const created = cli.call("s3api", "create-bucket", "--bucket", bucket);
  await created.catch((error: unknown) => {
    const another = error instanceof ProgramFailed && error.stderr.includes("BucketAlreadyOwnedByYou");
    if (!another) throw error;
  });
  const source = `s3://${bucket}/images/${basename(file)}`;
  await cli.call("s3", "cp", "--only-show-errors", file, source);
  return source;
}

/** Copies with the command line, and once more, which is to find all in sync. */
async function copy(stage: Stage, source: string, to: Image, options: readonly string[]): Promise<void> {
  const copying = ["copy", source, ecrName(to), roles.source, roles.destination, "--json", ...options];
  const env = administrator(accounts.pipeline, stage.endpoint);
  for (const status of ["Replicated", "InSync"]) {
    const command = ["dist/cli/ecr-replicator.js", ...copying];
    const report = JSON.parse(String(await run(process.execPath, command, { env, seconds: 120 })));
    assert.equal(report.status, status);
  }
}

/** Reads the identity of an image that skopeo finds. */
async function identityOf(name: string): Promise<Identity> {
  const inspect = ["inspect", ...(name.startsWith("docker:") ? ["--tls-verify=false"] : [])];
  const config = await run("skopeo", [...inspect, "--raw", "--config", name]);
  return { config: sha256(config), diffIds: JSON.parse(config.toString("utf8")).rootfs.diff_ids };
}

/** The digests and sizes of an image's config and layers. */
async function partsOf(stage: Stage, image: Image): Promise<string[]> {
  const name = `docker://${registryName(stage, image)}`;
  const raw = await run("skopeo", ["inspect", "--tls-verify=false", "--raw", name]);
  const { config, layers } = JSON.parse(raw.toString("utf8"));
  return [config, ...layers].map(({ digest, size }) => `${digest} ${size}`);
}
