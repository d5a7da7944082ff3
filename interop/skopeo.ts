import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Stage } from "./check.ts";
import { type Image, registryName } from "./image.ts";
import { run } from "./program.ts";

/** Copies from one of skopeo's transports to another, over plain HTTP. */
export async function skopeoCopy(from: string, to: string, ...options: string[]): Promise<void> {
  const tls = ["--src-tls-verify=false", "--dest-tls-verify=false"];
  const args = ["--insecure-policy", "copy", "--quiet", ...tls, ...options, from, to];
  await run("skopeo", args, { seconds: 120 });
}

/** The digest of what an image's tag stands for. */
export async function skopeoDigest(stage: Stage, image: Image): Promise<string> {
  const name = `docker://${registryName(stage, image)}`;
  return sha256(await run("skopeo", ["inspect", "--raw", "--tls-verify=false", name]));
}

/** Reads an image and its copy, and compares every manifest and blob byte by byte. Throws AssertionError; returns a summary. */
export async function compareWithCopy(stage: Stage, image: Image, copy: Image): Promise<string> {
  const digest = await skopeoDigest(stage, image);
  assert.equal(await skopeoDigest(stage, copy), digest);
  const [expected, copied] = [await contentOf(stage, image), await contentOf(stage, copy)];
  assert.deepEqual(copied, expected);
  return `${digest.slice(0, 19)}…, ${expected.size} files equal`;
}

/** `sha256:<hex>` of some bytes. */
export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

async function contentOf(stage: Stage, image: Image): Promise<Map<string, string>> {
  const directory = join(stage.directory, "read-back");
  await rm(directory, { recursive: true, force: true });
  await skopeoCopy(`docker://${registryName(stage, image)}`, `dir:${directory}`, "--all");
  const content = new Map<string, string>();
  for (const name of (await readdir(directory)).toSorted())
    content.set(name, sha256(await readFile(join(directory, name))));
  return content;
}
