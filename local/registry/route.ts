import { layerDigest, registryId, repositoryName } from "../ecr/constraint.ts";
import type { RepositoryKey } from "../ecr/repository-key.ts";
import { RegistryError } from "./registry-error.ts";

/** What a `/v2/` path addresses; `of` is the upload's id, a digest, or a tag or digest. */
export interface Route {
  readonly noun: "base" | "uploads" | "upload" | "blob" | "manifest" | "tags" | "referrers";
  readonly key: RepositoryKey;
  readonly of: string;
}

const forms: readonly [Route["noun"], RegExp][] = [
  ["uploads", /^(.+)\/blobs\/uploads\/?()$/],
  ["upload", /^(.+)\/blobs\/uploads\/([^/]+)$/],
  ["blob", /^(.+)\/blobs\/([^/]+)$/],
  ["manifest", /^(.+)\/manifests\/([^/]+)$/],
  ["tags", /^(.+)\/tags\/list()$/],
  ["referrers", /^(.+)\/referrers\/([^/]+)$/],
];

const nowhere: RepositoryKey = { account: "", region: "", name: "" };

/** Reads `/v2/<account>/<region>/<repository>/…`. Throws NAME_INVALID, and NAME_UNKNOWN for a path of no such form. */
export function routeOf(path: string): Route {
  if (/^\/v2\/?$/.test(path)) return { noun: "base", key: nowhere, of: "" };
  const below = decoded(path).replace(/^\/v2\//, "");
  for (const [noun, form] of forms) {
    const [, name, of] = form.exec(below) ?? [];
    if (name !== undefined && of !== undefined) return { noun, key: keyOf(name), of };
  }
  throw new RegistryError(404, "NAME_UNKNOWN", `${path} is no path of a registry`);
}

/** Refuses a reference that is meant to be a digest and is none. Throws DIGEST_INVALID. */
export function checkedDigest(digest: string): string {
  if (layerDigest.safeParse(digest).success) return digest;
  throw new RegistryError(
    400,
    "DIGEST_INVALID",
    `'${digest}' is not a digest such as sha256:<64 hex digits>`,
  );
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new RegistryError(400, "NAME_INVALID", `${path} is not percent-encoded`);
  }
}

function keyOf(path: string): RepositoryKey {
  const [account = "", region = "", ...rest] = path.split("/");
  const name = rest.join("/");
  const valid = registryId.safeParse(account).success && /^[a-z0-9-]+$/.test(region);
  if (valid && repositoryName.safeParse(name).success) return { account, region, name };
  throw new RegistryError(400, "NAME_INVALID", `'${path}' is not <12-digit account>/<region>/<repository>`);
}
