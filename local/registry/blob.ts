import { EcrError } from "../ecr/errors.ts";
import { layerReply } from "../ecr/layer-reply.ts";
import type { Repository } from "../ecr/repository.ts";
import type { Call, Reply } from "../http.ts";
import { RegistryError } from "./registry-error.ts";
import { checkedDigest, type Route } from "./route.ts";

/** HEAD tells whether the layer is there; GET gives it, as GetDownloadUrlForLayer only once a manifest names it. */
export async function serveBlob(call: Call, { of }: Route, repository: Repository): Promise<Reply> {
  const digest = checkedDigest(of);
  const size = repository.layers.get(digest);
  if (size === undefined)
    throw new RegistryError(404, "BLOB_UNKNOWN", `The repository has no blob ${digest}`);
  const headers = { "docker-content-digest": digest };
  if (call.method === "HEAD") {
    return {
      status: 200,
      headers: {
        "content-type": "application/octet-stream",
        "content-length": String(size),
        "accept-ranges": "bytes",
        ...headers,
      },
    };
  }
  if (!repository.images.usesLayer(digest)) {
    throw new EcrError("LayerInaccessibleException", `The blob ${digest} is not associated with an image`);
  }
  const reply = layerReply(repository, digest, call.headers["range"]);
  if (reply) return { ...reply, headers: { ...reply.headers, ...headers } };
  throw new RegistryError(416, "BLOB_UNKNOWN", "The requested range is not satisfiable", {
    "content-range": `bytes */${size}`,
  });
}
