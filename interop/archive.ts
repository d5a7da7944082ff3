import assert from "node:assert/strict";
import { basename } from "node:path";
import { accounts, administrator, roles } from "./account.ts";
import { AwsCli, createRepositories } from "./aws-cli.ts";
import type { Stage } from "./check.ts";
import { bothSides, type Image, registryName } from "./image.ts";
import { run } from "./program.ts";
import { buildImage } from "./real-image.ts";
import { sha256, skopeoCopy } from "./skopeo.ts";

const buckets = { archives: "my-bucket", work: "interop-work-bucket" };

/** What makes an image what it is, whatever its manifest: the config's digest, and those of the layers without compression. */
export interface Identity {
  readonly config: string;
  readonly diffIds: readonly string[];
}

/** What the command line says of a copy that went well, of one image or of several. */
export interface Copied {
  readonly status: string;
  readonly digest: string;
  readonly images?: readonly { readonly destination: string; readonly digest: string }[];
}

const layouts = new Map<string, Promise<string>>();

/** The layout of the image that archives are written of, as skopeo names it; it is built once. */
export function builtImage({ directory }: Stage): Promise<string> {
  const built =
    layouts.get(directory) ?? buildImage(directory, "archives").then((layout) => `oci:${layout}:archives`);
  layouts.set(directory, built);
  return built;
}

/** Pushes that image to a repository of the source account. */
export async function pushImage(stage: Stage, tag: string): Promise<Image> {
  const [pushed] = bothSides(`interop/archives-${tag}`, tag);
  await createRepositories(stage, [pushed]);
  await skopeoCopy(await builtImage(stage), `docker://${registryName(stage, pushed)}`);
  return pushed;
}

/** How an archive is copied: where to, and with which options of the command line. */
export type Way = readonly [options: readonly string[], to: Image];

/** A repository for a copy from here, and one for a copy by the state machine, with the options of each. */
export async function bothWays(stage: Stage, tag: string): Promise<Way[]> {
  return [await fromHere(stage, `${tag}-here`), await byStateMachine(stage, `${tag}-there`)];
}

/** A repository for a copy from here, and the options for it. */
export async function fromHere(stage: Stage, tag: string): Promise<Way> {
  return [["--work-bucket", await workBucket(stage)], await destinationOf(stage, tag)];
}

/** A repository for a copy by the state machine, and the options for it. */
export async function byStateMachine(stage: Stage, tag: string): Promise<Way> {
  return [["--state-machine", stage.stateMachineArn], await destinationOf(stage, tag)];
}

async function destinationOf(stage: Stage, tag: string): Promise<Image> {
  const [, to] = bothSides(`interop/archives-${tag}`, tag);
  await createRepositories(stage, [to]);
  return to;
}

/** Puts a file into the bucket: its name as a source. */
export async function upload(stage: Stage, file: string): Promise<string> {
  const cli = new AwsCli(stage, accounts.source);
  await createBucket(cli, buckets.archives);
  const source = `s3://${buckets.archives}/images/${basename(file)}`;
  await cli.call("s3", "cp", "--only-show-errors", file, source);
  return source;
}

/** Copies an archive with the command line, which is to end with this status. */
export async function copyArchive(
  stage: Stage,
  [source, destination]: readonly [source: string, destination: string],
  options: readonly string[],
  status = "Replicated",
): Promise<Copied> {
  const copying = ["copy", source, destination, roles.source, roles.destination, "--json", ...options];
  const env = administrator(accounts.pipeline, stage.endpoint);
  const command = ["dist/cli/ecr-replicator.js", ...copying];
  const report: Copied = JSON.parse(String(await run(process.execPath, command, { env, seconds: 120 })));
  assert.equal(report.status, status);
  return report;
}

/** Reads the identity of an image that skopeo finds. */
export async function identityOf(name: string): Promise<Identity> {
  const inspect = ["inspect", ...(name.startsWith("docker:") ? ["--tls-verify=false"] : [])];
  const config = await run("skopeo", [...inspect, "--raw", "--config", name]);
  return { config: sha256(config), diffIds: JSON.parse(config.toString("utf8")).rootfs.diff_ids };
}

async function workBucket(stage: Stage): Promise<string> {
  await createBucket(new AwsCli(stage, accounts.pipeline), buckets.work);
  return buckets.work;
}

const created = new Set<string>();

async function createBucket(cli: AwsCli, name: string): Promise<void> {
  if (created.has(name)) return;
  await cli.call("s3api", "create-bucket", "--bucket", name);
  created.add(name);
}
