import assert from "node:assert/strict";
import { createRepositories, replicate } from "../aws-cli.ts";
import { type Check, Missing } from "../check.ts";
import { bothSides, registryName } from "../image.ts";
import { run } from "../program.ts";
import { buildImage } from "../real-image.ts";
import { skopeoCopy, skopeoDigest } from "../skopeo.ts";

/** Docker pulls a replicated image by its digest; it takes a registry on 127.0.0.1 over plain HTTP without being told to. */
export const docker: Check = {
  name: "docker pulls what was replicated",
  needs: ["docker", "skopeo", "umoci", "dpkg", "tar", "aws"],
  run: async (stage) => {
    await run("docker", ["info", "--format", "{{.ID}}"]).catch(() => {
      throw new Missing("docker has no daemon here");
    });
    const [source, destination] = bothSides("interop/docker", "pulled");
    await createRepositories(stage, [source, destination]);
    const layout = await buildImage(
      stage.directory,
      source.tag,
      process.arch === "x64" ? "amd64" : process.arch,
    );
    await skopeoCopy(`oci:${layout}:${source.tag}`, `docker://${registryName(stage, source)}`);
    await replicate(stage, source, destination);
    const name = registryName(stage, destination);
    await run("docker", ["pull", "--quiet", name], { seconds: 120 });
    const known = String(
      await run("docker", ["image", "inspect", "--format", "{{json .RepoDigests}}", name]),
    );
    await run("docker", ["image", "rm", name]);
    const digest = await skopeoDigest(stage, source);
    assert.ok(known.includes(digest), `docker knows ${known} instead of ${digest}`);
    return `${digest.slice(0, 19)}…`;
  },
};
