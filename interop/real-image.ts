import { statSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./program.ts";

// Every layer is the content of these packages; the second is larger than one part of an ECR upload.
const layers = [["base-files"], ["coreutils", "libc6", "perl-base", "skopeo", "umoci"], ["bash"]];

/** Makes an OCI layout with one image of several layers, out of Debian packages that are installed here. */
export async function buildImage(directory: string, tag: string, architecture = "amd64"): Promise<string> {
  const layout = join(directory, `layout-${tag}`);
  const image = `${layout}:${tag}`;
  await run("umoci", ["init", "--layout", layout]);
  await run("umoci", ["new", "--image", image]);
  const rootless = process.getuid?.() === 0 ? [] : ["--rootless"];
  for (const packages of layers) {
    const tree = await unpacked(packages, join(directory, `tree-${tag}-${packages[0]}`));
    if (tree) await run("umoci", ["insert", ...rootless, "--image", image, tree, "/"]);
  }
  await run("umoci", [
    "config",
    "--image",
    image,
    "--architecture",
    architecture,
    "--config.cmd",
    "/bin/bash",
  ]);
  return layout;
}

async function unpacked(packages: readonly string[], tree: string): Promise<string | undefined> {
  const files = (await Promise.all(packages.map(filesOf))).flat();
  if (files.length === 0) return undefined;
  await mkdir(tree);
  await writeFile(`${tree}.list`, files.map((file) => `.${file}\n`).join(""));
  await run("tar", ["-cf", `${tree}.tar`, "-C", "/", "--no-recursion", "-T", `${tree}.list`]);
  await run("tar", ["-xf", `${tree}.tar`, "-C", tree]);
  return tree;
}

/** A package's files; none when it is not installed. Not directories: /lib is one to the package, but a link here. */
async function filesOf(name: string): Promise<string[]> {
  const listed = await run("dpkg", ["-L", name]).catch(() => Buffer.alloc(0));
  const paths = listed.toString("utf8").split("\n");
  return paths.filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === false);
}
