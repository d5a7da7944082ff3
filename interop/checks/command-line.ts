import assert from "node:assert/strict";
import { accounts, administrator, roles } from "../account.ts";
import { createRepositories } from "../aws-cli.ts";
import type { Check, Stage } from "../check.ts";
import { bothSides, ecrName, type Image, registryName } from "../image.ts";
import { run } from "../program.ts";
import { buildImage } from "../real-image.ts";
import { compareWithCopy, skopeoCopy } from "../skopeo.ts";

const needs = ["skopeo", "umoci", "dpkg", "tar", "aws"];

/** The product's command line copies what skopeo pushed, between two accounts, from this machine. */
export const commandLineHere: Check = {
  name: "skopeo reads what the command line copied from here",
  needs,
  run: async (stage) => {
    const [source, destination] = bothSides("interop/here", "oci");
    await push(stage, source, destination);
    await copy(stage, source, destination);
    return compareWithCopy(stage, source, destination);
  },
};

/** The product's command line has the state machine copy what skopeo pushed, between two accounts. */
export const commandLineThere: Check = {
  name: "skopeo reads what the command line had the state machine copy, in Docker's own format",
  needs,
  run: async (stage) => {
    const [source, destination] = bothSides("interop/there", "v2s2");
    await push(stage, source, destination);
    await copy(stage, source, destination, ["--state-machine", stage.stateMachineArn]);
    return compareWithCopy(stage, source, destination);
  },
};

/** Pushes a new image in the format that its tag tells. */
async function push(stage: Stage, source: Image, destination: Image): Promise<void> {
  const { tag } = source;
  await createRepositories(stage, [source, destination]);
  const layout = await buildImage(stage.directory, tag);
  await skopeoCopy(`oci:${layout}:${tag}`, `docker://${registryName(stage, source)}`, "--format", tag);
}

async function copy(stage: Stage, source: Image, destination: Image, options: string[] = []): Promise<void> {
  const copying = ["copy", ecrName(source), ecrName(destination), roles.source, roles.destination];
  const command = ["dist/cli/ecr-replicator.js", ...copying, "--json", ...options];
  const env = administrator(accounts.pipeline, stage.endpoint);
  const report = JSON.parse(String(await run(process.execPath, command, { env, seconds: 120 })));
  assert.equal(report.status, "Replicated");
}
