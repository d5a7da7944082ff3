import assert from "node:assert/strict";
import { join } from "node:path";
import { bothWays, builtImage, copyArchive, identityOf, pushImage, upload } from "../archive.ts";
import type { Check, Stage } from "../check.ts";
import { ecrName, type Image, registryName } from "../image.ts";
import { run } from "../program.ts";
import { compareWithCopy, skopeoCopy } from "../skopeo.ts";
import { treeOf, treeOfCopy } from "../tree.ts";
import { craneIn, findCrane } from "./crane.ts";

const needs = ["skopeo", "umoci", "dpkg", "tar", "aws"];

/** An OCI archive of skopeo's in a bucket becomes the image that skopeo pushed. */
export const ociArchive: Check = {
  name: "skopeo reads what was copied from an OCI archive that it wrote, blob for blob",
  needs,
  run: async (stage) => {
    const [layout, pushed] = [await builtImage(stage), await pushImage(stage, "oci")];
    const file = join(stage.directory, "oci.tar");
    await skopeoCopy(layout, `oci-archive:${file}`);
    const source = await upload(stage, file);
    let summary = "";
    for (const [way, destination] of await bothWays(stage, "oci")) {
      await copyTwice(stage, source, destination, way);
      summary = await compareWithCopy(stage, pushed, destination);
    }
    return summary;
  },
};

/** A Docker archive of skopeo's in a bucket becomes an image with the same config, layers and files. */
export const dockerArchive: Check = {
  name: "skopeo reads what was copied from a Docker archive that it wrote, with its config, its layers and its files",
  needs,
  run: async (stage) => {
    const layout = await builtImage(stage);
    const file = join(stage.directory, "docker.tar");
    await skopeoCopy(layout, `docker-archive:${file}:team/app:docker`);
    const source = await upload(stage, file);
    const [expected, files] = [await identityOf(`docker-archive:${file}`), await treeOf(stage, layout)];
    for (const [way, destination] of await bothWays(stage, "docker")) {
      await copyTwice(stage, source, destination, [...way, "--layer-compression", "none"]);
      assert.deepEqual(await identityOf(`docker://${registryName(stage, destination)}`), expected);
      assert.deepEqual(await treeOfCopy(stage, destination), files);
    }
    return `${expected.config.slice(0, 19)}…, ${expected.diffIds.length} layers and ${files.size} files equal`;
  },
};

/** A tarball of crane's in a bucket becomes an image with the very layers that crane pulled. */
export const craneTarball: Check = {
  name: "crane finds whole what was copied from a tarball that it pulled, with the very layers",
  needs,
  run: async (stage) => {
    const call = craneIn(stage, await findCrane());
    const pushed = await pushImage(stage, "tarball");
    const file = join(stage.directory, "crane.tar");
    await call("pull", registryName(stage, pushed), file);
    const source = await upload(stage, file);
    const expected = await partsOf(stage, pushed);
    for (const [way, destination] of await bothWays(stage, "tarball")) {
      await copyTwice(stage, source, destination, way);
      assert.deepEqual(await partsOf(stage, destination), expected);
      await call("validate", "--remote", registryName(stage, destination));
    }
    return `${expected.length} blobs equal`;
  },
};

/** Copies with the command line, and once more, which is to find all in sync. */
async function copyTwice(stage: Stage, source: string, to: Image, options: readonly string[]): Promise<void> {
  await copyArchive(stage, [source, ecrName(to)], options);
  await copyArchive(stage, [source, ecrName(to)], options, "InSync");
}

/** The digests and sizes of an image's config and layers. */
async function partsOf(stage: Stage, image: Image): Promise<string[]> {
  const name = `docker://${registryName(stage, image)}`;
  const raw = await run("skopeo", ["inspect", "--tls-verify=false", "--raw", name]);
  const { config, layers } = JSON.parse(raw.toString("utf8"));
  return [config, ...layers].map(({ digest, size }) => `${digest} ${size}`);
}
