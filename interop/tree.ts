import { lstat, readdir, readFile, readlink, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Stage } from "./check.ts";
import { type Image, registryName } from "./image.ts";
import { run } from "./program.ts";
import { sha256, skopeoCopy } from "./skopeo.ts";

/** The files of an image by name: the mode of each, and what is in it, or where it leads. */
export type Tree = ReadonlyMap<string, string>;

let unpacked = 0;

/** What umoci unpacks of an image that a registry has. */
export async function treeOfCopy(stage: Stage, image: Image): Promise<Tree> {
  const layout = join(stage.directory, `layout-of-copy-${++unpacked}`);
  await skopeoCopy(`docker://${registryName(stage, image)}`, `oci:${layout}:copy`);
  const tree = await treeOf(stage, `oci:${layout}:copy`);
  await rm(layout, { recursive: true });
  return tree;
}

/** What umoci unpacks of an image in a layout, named as skopeo names it: `oci:<folder>:<tag>`. */
export async function treeOf(stage: Stage, layout: string): Promise<Tree> {
  const bundle = join(stage.directory, `bundle-${++unpacked}`);
  await run("umoci", ["unpack", "--rootless", "--image", layout.replace(/^oci:/, ""), bundle]);
  const tree = new Map<string, string>();
  for (const name of await readdir(join(bundle, "rootfs"), { recursive: true })) {
    tree.set(name, await described(join(bundle, "rootfs", name)));
  }
  await rm(bundle, { recursive: true });
  return new Map([...tree].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

async function described(path: string): Promise<string> {
  const status = await lstat(path);
  const mode = status.mode.toString(8);
  if (status.isSymbolicLink()) return `${mode} ${await readlink(path)}`;
  return status.isFile() ? `${mode} ${sha256(await readFile(path))}` : mode;
}
