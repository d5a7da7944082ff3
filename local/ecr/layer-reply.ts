import type { Reply } from "../http.ts";
import { requestedRange } from "./byte-range.ts";
import type { Repository } from "./repository.ts";

/** A layer the repository has as the answer to a GET, streamed from disk; `undefined` when the `Range` asked for cannot be had. */
export function layerReply(
  repository: Repository,
  digest: string,
  rangeHeader: string | undefined,
): Reply | undefined {
  const size = repository.layers.get(digest) ?? 0;
  const range = requestedRange(rangeHeader, size);
  if (!range) return undefined;
  const partial = rangeHeader !== undefined;
  const headers = {
    "content-type": "application/octet-stream",
    "content-length": String(range.last - range.first + 1),
    "accept-ranges": "bytes",
    ...(partial && { "content-range": `bytes ${range.first}-${range.last}/${size}` }),
  };
  return { status: partial ? 206 : 200, headers, body: repository.readLayer(digest, range) };
}
