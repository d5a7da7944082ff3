import type { OnImageAction } from "../ecr/image-action.ts";
import type { Repository } from "../ecr/repository.ts";
import type { RepositoryKey } from "../ecr/repository-key.ts";
import type { EcrStore } from "../ecr/store.ts";
import type { Call, Caller, Identify, Reply, Service } from "../http.ts";
import { serveBlob } from "./blob.ts";
import { deleteManifest, putManifest, serveManifest } from "./manifest.ts";
import { listReferrers } from "./referrers.ts";
import { checkCredentials } from "./registry-credentials.ts";
import { RegistryError, refusal } from "./registry-error.ts";
import { type Route, routeOf } from "./route.ts";
import { listTags } from "./tags.ts";
import { closeUpload, continueUpload, openUpload } from "./upload.ts";

type Verb = (
  call: Call,
  route: Route,
  repository: Repository,
  onImageAction?: OnImageAction,
) => Promise<Reply>;

const verbs: Readonly<Record<string, Verb>> = {
  "GET blob": serveBlob,
  "HEAD blob": serveBlob,
  "POST uploads": openUpload,
  "PATCH upload": continueUpload,
  "PUT upload": closeUpload,
  "GET manifest": serveManifest,
  "HEAD manifest": serveManifest,
  "PUT manifest": putManifest,
  "DELETE manifest": deleteManifest,
  "GET tags": listTags,
  "GET referrers": listReferrers,
};

/** The registry `/v2/` over the repositories that the ECR API serves: `/v2/<account>/<region>/<repository>/…`. */
export class RegistryService implements Service {
  readonly #store: EcrStore;
  readonly #onImageAction?: OnImageAction;

  constructor({ store, onImageAction }: { store: EcrStore; onImageAction?: OnImageAction }) {
    this.#store = store;
    this.#onImageAction = onImageAction;
  }

  async handle(call: Call, identify: Identify): Promise<Reply> {
    const route = found(call.path);
    if (route instanceof RegistryError) return shaped(call, refusal(route));
    const range = call.headers["content-range"] ?? call.headers["range"];
    const detail = { repositoryName: route.key.name, reference: route.of, ...(range && { range }) };
    await identify(`${call.method} ${route.noun}`, detail, callerOf(route.key));
    return shaped(call, await this.#answer(call, route));
  }

  async #answer(call: Call, route: Route): Promise<Reply> {
    try {
      checkCredentials(call);
      if (route.noun === "base") return base(call);
      const verb = verbs[`${call.method} ${route.noun}`];
      if (!verb) throw unsupported(call);
      return await verb(call, route, this.#store.get(route.key), this.#onImageAction);
    } catch (error) {
      return refusal(error);
    }
  }
}

function found(path: string): Route | RegistryError {
  try {
    return routeOf(path);
  } catch (error) {
    if (error instanceof RegistryError) return error;
    throw error;
  }
}

function callerOf({ account, region }: RepositoryKey): Caller {
  return { account, region, arn: `arn:aws:iam::${account}:root` };
}

function base(call: Call): Reply {
  if (call.method !== "GET" && call.method !== "HEAD") throw unsupported(call);
  return { status: 200, headers: { "content-type": "application/json" }, body: "{}" };
}

function unsupported({ method, path }: Call): RegistryError {
  return new RegistryError(405, "UNSUPPORTED", `${method} is not supported on ${path}`);
}

/** Every answer names the protocol's version, and HEAD's have no body. */
function shaped({ method }: Call, reply: Reply): Reply {
  const headers = { ...reply.headers, "docker-distribution-api-version": "registry/2.0" };
  return { ...reply, headers, body: method === "HEAD" ? undefined : reply.body };
}
