import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createRepositories, replicate } from "../aws-cli.ts";
import { type Check, Missing, type Stage } from "../check.ts";
import { bothSides, registryName } from "../image.ts";
import { isInstalled, run } from "../program.ts";
import { buildImage } from "../real-image.ts";
import { skopeoCopy } from "../skopeo.ts";

const version = "v0.22.1";

/** Crane copies, replicates through the state machine, and validates every layer it reads. */
export const crane: Check = {
  name: "crane copies an image at the source, and finds it whole at the destination",
  needs: ["skopeo", "umoci", "dpkg", "tar", "aws"],
  run: async (stage) => {
    const [pushed] = bothSides("interop/crane", "first");
    const [source, destination] = bothSides("interop/crane", "second");
    const call = craneIn(stage, await findCrane());
    await createRepositories(stage, [source, destination]);
    const layout = await buildImage(stage.directory, pushed.tag);
    await skopeoCopy(`oci:${layout}:${pushed.tag}`, `docker://${registryName(stage, pushed)}`);
    const names = [pushed, source, destination].map((image) => registryName(stage, image));
    const [first = "", second = "", copy = ""] = names;
    await call("copy", first, second);
    await replicate(stage, source, destination);
    const digest = await call("digest", copy);
    assert.equal(digest, await call("digest", first));
    assert.equal(await call("manifest", copy), await call("manifest", first));
    assert.equal(await call("ls", copy.replace(/:second$/, "")), "second");
    await call("validate", "--remote", copy);
    await call("pull", "--format=oci", copy, join(stage.directory, "crane"));
    return `${digest.slice(0, 19)}…`;
  },
};

/** Runs crane, with no login but those that the folder has: what it prints. */
export function craneIn({ directory }: Stage, program: string) {
  return async (...args: string[]): Promise<string> => {
    const env = { DOCKER_CONFIG: directory, HOME: directory };
    return String(await run(program, ["--insecure", ...args], { env, seconds: 120 })).trim();
  };
}

/** The crane of this machine, or else one that Go builds once and for all. Throws Missing. */
export async function findCrane(): Promise<string> {
  if (isInstalled("crane")) return "crane";
  const directory = resolve("node_modules/.cache/interop");
  const built = join(directory, "crane");
  if (isInstalled(built)) return built;
  if (!isInstalled("go")) throw new Missing("not on this machine: crane, nor go to build it with");
  await mkdir(directory, { recursive: true });
  const source = `github.com/google/go-containerregistry/cmd/crane@${version}`;
  await run("go", ["install", source], { env: { GOBIN: directory }, seconds: 150 }).catch((error) => {
    throw new Missing(`go could not build crane: ${error.message}`);
  });
  return built;
}
