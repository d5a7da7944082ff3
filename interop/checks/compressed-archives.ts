import assert from "node:assert/strict";
import { join } from "node:path";
import { builtImage, byStateMachine, copyArchive, fromHere, identityOf, upload } from "../archive.ts";
import type { Check } from "../check.ts";
import { ecrName, registryName } from "../image.ts";
import { run } from "../program.ts";
import { skopeoCopy } from "../skopeo.ts";
import { treeOf, treeOfCopy } from "../tree.ts";

// Each program, each kind and each way meets each other once.
const cases = [
  { kind: "oci-archive", program: "gzip", suffix: ".gz", way: fromHere },
  { kind: "docker-archive", program: "gzip", suffix: ".gz", way: byStateMachine },
  { kind: "oci-archive", program: "zstd", suffix: ".zst", way: byStateMachine },
  { kind: "docker-archive", program: "zstd", suffix: ".zst", way: fromHere },
] as const;

/** Archives of skopeo's that gzip and zstd have compressed become the image that they were written of. */
export const compressedArchives: Check = {
  name: "skopeo and umoci read what was copied from skopeo's archives that gzip and zstd have compressed",
  needs: ["skopeo", "umoci", "dpkg", "tar", "aws", "gzip", "zstd"],
  run: async (stage) => {
    const layout = await builtImage(stage);
    const [identity, files] = [await identityOf(layout), await treeOf(stage, layout)];
    for (const { kind, program, suffix, way } of cases) {
      const file = join(stage.directory, `${program}-${kind}.tar`);
      await skopeoCopy(layout, `${kind}:${file}`);
      await run(program, ["-q", "-1", "-f", file]);
      const source = await upload(stage, `${file}${suffix}`);
      const [options, to] = await way(stage, `${program}-${kind}`);
      await copyArchive(stage, [source, ecrName(to)], options);
      assert.deepEqual(await identityOf(`docker://${registryName(stage, to)}`), identity);
      assert.deepEqual(await treeOfCopy(stage, to), files);
    }
    return `${cases.length} archives, ${identity.diffIds.length} layers and ${files.size} files equal`;
  },
};
