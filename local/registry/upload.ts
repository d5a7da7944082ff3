import { completeLayer } from "../ecr/complete-layer.ts";
import { EcrError } from "../ecr/errors.ts";
import type { Repository } from "../ecr/repository.ts";
import type { Upload } from "../ecr/upload.ts";
import type { Call, Reply } from "../http.ts";
import { RegistryError } from "./registry-error.ts";
import { checkedDigest, type Route } from "./route.ts";

/** POST: opens an upload; takes the whole blob with `?digest=`; with `?mount=` says whether the blob is there already. */
export async function openUpload(call: Call, { key }: Route, repository: Repository): Promise<Reply> {
  const mount = call.query.get("mount");
  if (mount !== null && repository.layers.has(checkedDigest(mount))) return created(repository, mount);
  const digest = call.query.get("digest");
  if (digest !== null) checkedDigest(digest);
  const upload = repository.openUpload();
  if (digest === null) return accepted(repository, upload);
  return closeUpload(call, { noun: "upload", key, of: upload.id }, repository);
}

/** PATCH: appends a chunk or a whole stream; a chunk that says where it starts must start where the last one ended. */
export function continueUpload(call: Call, { of }: Route, repository: Repository): Promise<Reply> {
  return repository.withUpload(of, async (upload) => {
    refuseMisplaced(call, upload);
    await upload.append(call.body);
    return accepted(repository, upload);
  });
}

/** PUT: appends what its body holds and closes the upload into the blob that `?digest=` names. */
export function closeUpload(call: Call, { of }: Route, repository: Repository): Promise<Reply> {
  const digest = checkedDigest(call.query.get("digest") ?? "");
  return repository.withUpload(of, async (upload) => {
    refuseMisplaced(call, upload);
    await upload.append(call.body);
    try {
      completeLayer(repository, upload, [digest]);
    } catch (error) {
      if (!(error instanceof EcrError && error.name === "LayerAlreadyExistsException")) throw error;
    }
    return created(repository, digest);
  });
}

function refuseMisplaced({ headers }: Call, { received }: Upload): void {
  const contentRange = headers["content-range"];
  if (contentRange === undefined) return;
  const [, first] = /^(?:bytes )?(\d+)-\d+(?:\/.*)?$/.exec(contentRange) ?? [];
  if (first !== undefined && Number(first) === received) return;
  throw new RegistryError(
    416,
    "BLOB_UPLOAD_INVALID",
    `First byte of the layer part is ${first ?? contentRange} instead of ${received}.`,
  );
}

function accepted(repository: Repository, { id, received }: Upload): Reply {
  return {
    status: 202,
    headers: {
      location: `${pathOf(repository)}/blobs/uploads/${id}`,
      range: `0-${Math.max(0, received - 1)}`,
      "docker-upload-uuid": id,
      "content-length": "0",
    },
  };
}

function created(repository: Repository, digest: string): Reply {
  const location = `${pathOf(repository)}/blobs/${digest}`;
  return { status: 201, headers: { location, "docker-content-digest": digest, "content-length": "0" } };
}

function pathOf({ key }: Repository): string {
  return `/v2/${key.account}/${key.region}/${key.name}`;
}
