import { readImageGraph } from "../../core/model/image-graph.ts";
import type { Destination } from "../../core/ports.ts";
import type { Content } from "./image.ts";

/** Puts an image at a destination: the layers it does not have, each in one upload, then all manifests. */
export async function push(destination: Destination, content: Content, tag?: string): Promise<void> {
  const { root, manifests, blobs } = content;
  const graph = await readImageGraph(root, async ({ digest }) => manifests.get(digest) ?? new Uint8Array());
  for (const blob of await destination.missingBlobs(graph.blobs)) {
    const bytes = blobs.get(blob.digest) ?? new Uint8Array();
    const upload = await destination.openUpload();
    for (let from = 0; from < bytes.length; from += upload.partSize) {
      await destination.writePart(upload, from, bytes.subarray(from, from + upload.partSize));
    }
    await destination.closeUpload(upload, blob);
  }
  for (const manifest of graph.manifests) {
    await destination.putManifest(manifest, manifest.descriptor.digest === root.digest ? tag : undefined);
  }
}
