import assert from "node:assert/strict";
import { copyFile, cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRepositories, replicate } from "../aws-cli.ts";
import type { Check } from "../check.ts";
import { bothSides, registryName } from "../image.ts";
import { buildImage } from "../real-image.ts";
import { compareWithCopy, sha256, skopeoCopy, skopeoDigest } from "../skopeo.ts";

const mediaType = "application/vnd.oci.image.index.v1+json";

/** An image of two platforms keeps its digest on the whole way. */
export const indexOfPlatforms: Check = {
  name: "skopeo reads at the destination the index of two platforms that it pushed to the source",
  needs: ["skopeo", "umoci", "dpkg", "tar", "aws"],
  run: async (stage) => {
    const [source, destination] = bothSides("interop/platforms", "both");
    await createRepositories(stage, [source, destination]);
    const { layout, digest } = await buildIndex(stage.directory, "both");
    await skopeoCopy(`oci:${layout}:both`, `docker://${registryName(stage, source)}`, "--all");
    assert.equal(await skopeoDigest(stage, source), digest);
    const report = await replicate(stage, source, destination);
    assert.equal(report["digest"], digest);
    return compareWithCopy(stage, source, destination);
  },
};

/** Makes an OCI layout whose one reference, of this name, is an index of an amd64 and an arm64 image. */
export async function buildIndex(
  directory: string,
  tag: string,
): Promise<{ layout: string; digest: string }> {
  const layout = join(directory, `layout-${tag}`);
  await mkdir(layout);
  const manifests = [];
  for (const architecture of ["amd64", "arm64"]) {
    const one = await buildImage(directory, `${tag}-${architecture}`, architecture);
    const {
      manifests: [image],
    } = JSON.parse(await readFile(join(one, "index.json"), "utf8"));
    manifests.push({
      mediaType: image.mediaType,
      digest: image.digest,
      size: image.size,
      platform: { os: "linux", architecture },
    });
    await cp(join(one, "blobs"), join(layout, "blobs"), { recursive: true });
    await copyFile(join(one, "oci-layout"), join(layout, "oci-layout"));
  }
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
  const digest = sha256(index);
  await writeFile(join(layout, "blobs", ...digest.split(":")), index);
  const reference = {
    mediaType,
    digest,
    size: index.length,
    annotations: { "org.opencontainers.image.ref.name": tag },
  };
  await writeFile(join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [reference] }));
  return { layout, digest };
}
