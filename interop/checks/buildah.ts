import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bothWays, copyArchive, identityOf, upload } from "../archive.ts";
import { type Check, Missing, type Stage } from "../check.ts";
import { ecrName, registryName } from "../image.ts";
import { run } from "../program.ts";

/** Archives that buildah pushed become the image that it committed. */
export const buildah: Check = {
  name: "skopeo reads what was copied from an OCI archive and a Docker archive that buildah wrote",
  needs: ["buildah", "skopeo", "aws"],
  run: async (stage) => {
    const call = buildahIn(stage);
    await commit(stage, call);
    let layers = 0;
    for (const kind of ["oci-archive", "docker-archive"]) {
      const file = join(stage.directory, `buildah-${kind}.tar`);
      await call(
        "push",
        "--quiet",
        "app:1",
        `${kind}:${file}:${kind === "oci-archive" ? "1" : "team/app:1"}`,
      );
      const [source, expected] = [await upload(stage, file), await identityOf(`${kind}:${file}`)];
      layers += expected.diffIds.length;
      for (const [options, to] of await bothWays(stage, `buildah-${kind}`)) {
        await copyArchive(stage, [source, ecrName(to)], options);
        assert.deepEqual(await identityOf(`docker://${registryName(stage, to)}`), expected);
      }
    }
    return `${layers} layers equal`;
  },
};

type Call = (...args: string[]) => Promise<string>;

/** Runs buildah with a storage of its own that needs no driver of the kernel's: what it prints. */
function buildahIn({ directory }: Stage): Call {
  const folders = ["--root", join(directory, "buildah"), "--runroot", join(directory, "buildah-run")];
  return async (...args) =>
    String(await run("buildah", [...folders, "--storage-driver", "vfs", ...args])).trim();
}

/** Commits an image, and another on it. Throws Missing where buildah may not. */
async function commit({ directory }: Stage, call: Call): Promise<void> {
  const file = join(directory, "buildah-file");
  let base = "scratch";
  for (const name of ["base", "app"]) {
    const container = await call("from", base).catch((error: Error) => {
      throw new Missing(`buildah cannot work here: ${error.message.slice(-100)}`);
    });
    await writeFile(file, name.repeat(100_000));
    await call("copy", "--quiet", container, file, `/${name}`);
    base = await call("commit", "--quiet", container, "app:1");
  }
}
