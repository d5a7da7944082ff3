import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { skopeoOci } from "./written-archives.ts";

/** Archives of one small image as skopeo and GNU tar write them; none where there is no skopeo. */
export function realArchives(): Uint8Array[] {
  const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
  try {
    writeFileSync(join(folder, "image.tar"), skopeoOci.write(JSON.stringify));
    return write(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function write(folder: string): Uint8Array[] {
  const run = (program: string, ...args: string[]) => spawnSync(program, args, { cwd: folder }).status === 0;
  const copied = ["docker-archive:docker.tar:app:1", "oci-archive:oci.tar:app:1", "oci:layout:app:1"].map(
    (to) => run("skopeo", "--insecure-policy", "copy", "oci-archive:image.tar", to),
  );
  if (copied.includes(false)) return [];
  const same = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--directory=layout"];
  const packed = ["gnu", "pax", "ustar"].filter((format) =>
    run("tar", "--create", `--file=${format}.tar`, `--format=${format}`, ...same, "."),
  );
  return ["docker", "oci", ...packed].map((name) => readFileSync(join(folder, `${name}.tar`)));
}
