import assert from "node:assert/strict";
import { join } from "node:path";
import { accounts, region } from "../account.ts";
import { builtImage, copyArchive, identityOf, upload } from "../archive.ts";
import { createRepositories } from "../aws-cli.ts";
import type { Check, Stage } from "../check.ts";
import { type Image, registryName } from "../image.ts";
import { run } from "../program.ts";
import { buildImage } from "../real-image.ts";
import { skopeoCopy, skopeoDigest } from "../skopeo.ts";

const registry = `${accounts.destination}.dkr.ecr.${region}.amazonaws.com`;

/** An image that skopeo saved under two names goes to where each of them says. */
export const additionalTag: Check = {
  name: "skopeo reads under both of its names what was copied from a Docker archive with an additional tag",
  needs: ["skopeo", "umoci", "dpkg", "tar", "aws"],
  run: async (stage) => {
    const layout = await builtImage(stage);
    const file = join(stage.directory, "names.tar");
    const [first, second] = [imageOf("interop/name", "1"), imageOf("interop/other-name", "two")];
    await createRepositories(stage, [first, second]);
    const names = [first, second].map(({ repository, tag }) => `${repository}:${tag}`);
    const [name = "", additional = ""] = names;
    // What has no host is Docker Hub's, and skopeo writes it so.
    await skopeoCopy(layout, `docker-archive:${file}:${name}`, "--additional-tag", additional);
    const options = ["--state-machine", stage.stateMachineArn];
    const source = await upload(stage, file);
    const { images } = await copyArchive(stage, [source, `${registry}/{name}:{tag}`], options);
    assert.deepEqual(
      images?.map(({ destination }) => destination),
      names.map((each) => `${registry}/${each}`),
    );
    const expected = await identityOf(layout);
    for (const image of [first, second]) await compare(stage, image, expected);
    return names.join(", ");
  },
};

/** A layout of umoci's with two images goes, as a tar, to a tag for each. */
export const severalImages: Check = {
  name: "skopeo reads each image that was copied from a layout of two images, as umoci wrote it and tar packed it",
  needs: ["skopeo", "umoci", "dpkg", "tar", "aws"],
  run: async (stage) => {
    const layout = await buildImage(stage.directory, "one");
    await run("umoci", ["tag", "--image", `${layout}:one`, "two"]);
    await run("umoci", ["config", "--image", `${layout}:two`, "--config.cmd", "/bin/sh"]);
    const file = join(stage.directory, "layout.tar");
    await run("tar", ["-cf", file, "-C", layout, "."]);
    const tags = ["one", "two"].map((tag) => imageOf("interop/several", tag));
    await createRepositories(stage, tags.slice(0, 1));
    const options = ["--state-machine", stage.stateMachineArn];
    const destination = `${registry}/interop/several:{tag}`;
    const { images = [] } = await copyArchive(stage, [await upload(stage, file), destination], options);
    assert.equal(images.length, 2);
    for (const [at, image] of tags.entries()) {
      await compare(stage, image, await identityOf(`oci:${layout}:${image.tag}`));
      assert.equal(await skopeoDigest(stage, image), images[at]?.digest);
    }
    assert.notEqual(images[0]?.digest, images[1]?.digest);
    return images.map(({ digest }) => `${digest.slice(0, 19)}…`).join(", ");
  },
};

function imageOf(repository: string, tag: string): Image {
  return { account: accounts.destination, region, repository, tag };
}

async function compare(stage: Stage, image: Image, expected: object): Promise<void> {
  assert.deepEqual(await identityOf(`docker://${registryName(stage, image)}`), expected);
}
