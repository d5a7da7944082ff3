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
export function skopeoDigest(stage: Stage, image: Image): Promise<string> {
  return digestOfName(registryName(stage, image));
}

/** The digest of what a name without a transport stands for. */
export async function digestOfName(name: string, credentials?: string): Promise<string> {
  const login = credentials === undefined ? [] : ["--creds", credentials];
  return sha256(
    await run("skopeo", ["inspect", "--raw", "--tls-verify=false", ...login, `docker://${name}`]),
  );
}

/** Reads an image and its copy, and compares every manifest and blob byte by byte. Throws AssertionError; returns a summary. */
export function compareWithCopy(stage: Stage, image: Image, copy: Image): Promise<string> {
  return compareNames(stage, { name: registryName(stage, image) }, { name: registryName(stage, copy) });
}

/** An image by its name without a transport, and who may read it: `user:password`. */
export interface Named {
  readonly name: string;
  readonly credentials?: string;
}

/** As `compareWithCopy`, of images in any registries. */
export async function compareNames(stage: Stage, image: Named, copy: Named): Promise<string> {
  const digest = await digestOfName(image.name, image.credentials);
  assert.equal(await digestOfName(copy.name, copy.credentials), digest);
  const [expected, copied] = [await contentOf(stage, image), await contentOf(stage, copy)];
  assert.deepEqual(copied, expected);
  return `${digest.slice(0, 19)}…, ${expected.size} files equal`;
}

/** `sha256:<hex>` of some bytes. */
export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

async function contentOf(stage: Stage, { name, credentials }: Named): Promise<Map<string, string>> {
  const directory = join(stage.directory, "read-back");
  await rm(directory, { recursive: true, force: true });
  const login = credentials === undefined ? [] : ["--src-creds", credentials];
  await skopeoCopy(`docker://${name}`, `dir:${directory}`, "--all", ...login);
  const content = new Map<string, string>();
  for (const file of (await readdir(directory)).toSorted())
    content.set(file, sha256(await readFile(join(directory, file))));
  return content;
}
