import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import type { Call, Caller, Identify, Reply, Service } from "../http.ts";
import { Refusal, refusalReply } from "../refusal.ts";
import { layerReply } from "./layer-reply.ts";
import type { Repository } from "./repository.ts";
import type { RepositoryKey } from "./repository-key.ts";
import type { EcrStore } from "./store.ts";

const lifetimeSeconds = 3600;
const wrongSignature =
  "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
const twoAuthentications =
  "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified";

interface Grant {
  readonly key: RepositoryKey;
  readonly digest: string;
  readonly caller: Caller;
  /** The URL's query: a changed one has another signature. */
  readonly query: string;
  /** Epoch milliseconds. */
  expiresAt: number;
}

/** The pre-signed layer URLs of GetDownloadUrlForLayer: `/_layers/<account>/<region>/<token>`, good for GET only and for an hour. */
export class LayerDownloads implements Service {
  readonly #store: EcrStore;
  readonly #now: () => number;
  readonly #grants = new Map<string, Grant>();

  /** `now` is in epoch milliseconds. */
  constructor({ store, now = Date.now }: { store: EcrStore; now?: () => number }) {
    this.#store = store;
    this.#now = now;
  }

  /** A URL at this endpoint from which the layer can be read without credentials. */
  issue(
    { key }: Repository,
    digest: string,
    { caller, endpoint }: { caller: Caller; endpoint: string },
  ): string {
    const now = this.#now();
    const query = new URLSearchParams({
      "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
      "X-Amz-Date": `${new Date(now).toISOString().replace(/[-:]|\.\d+/g, "")}`,
      "X-Amz-SignedHeaders": "host",
      "X-Amz-Expires": String(lifetimeSeconds),
      "X-Amz-Signature": randomBytes(32).toString("hex"),
    }).toString();
    const path = `/_layers/${key.account}/${key.region}/${randomBytes(16).toString("hex")}`;
    this.#forgetOld();
    this.#grants.set(path, { key, digest, caller, query, expiresAt: now + lifetimeSeconds * 1000 });
    return `${endpoint}${path}?${query}`;
  }

  /** Ends every URL issued so far. */
  expireAll(): void {
    for (const grant of this.#grants.values()) grant.expiresAt = this.#now();
  }

  async handle(call: Call, identify: Identify): Promise<Reply> {
    const grant = this.#grants.get(call.path);
    const range = call.headers["range"] ?? "";
    const detail = { repositoryName: grant?.key.name ?? "", layerDigest: grant?.digest ?? "", range };
    await identify(`${call.method} layer`, detail, grant?.caller ?? anonymous(call.path));
    if (call.headers["authorization"] !== undefined)
      return refused("InvalidArgument", twoAuthentications, 400);
    if (!grant || call.query.toString() !== grant.query || call.method !== "GET") {
      return refused("SignatureDoesNotMatch", wrongSignature, 403);
    }
    if (this.#now() >= grant.expiresAt) return refused("AccessDenied", "Request has expired", 403);
    return this.#serve(grant, call.headers["range"]);
  }

  #serve({ key, digest }: Grant, range: string | undefined): Reply {
    const repository = this.#store.find(key);
    const size = repository?.layers.get(digest);
    if (!repository || size === undefined)
      return refused("NoSuchKey", "The specified key does not exist.", 404);
    const reply = layerReply(repository, digest, range);
    if (reply) return reply;
    const outside = refused("InvalidRange", "The requested range is not satisfiable", 416);
    return { ...outside, headers: { ...outside.headers, "content-range": `bytes */${size}` } };
  }

  // Expired URLs are remembered for a while, so that they are refused as expired and not as unknown.
  #forgetOld(): void {
    const before = this.#now() - lifetimeSeconds * 1000;
    for (const [path, { expiresAt }] of this.#grants) {
      if (expiresAt > before) return;
      this.#grants.delete(path);
    }
  }
}

/** S3 sends its errors in chunks, without a length. */
function refused(code: string, message: string, status: number): Reply {
  const reply = refusalReply(new Refusal(code, message, status), "s3");
  return { ...reply, body: Readable.from([Buffer.from(String(reply.body))]) };
}

function anonymous(path: string): Caller {
  const [, , account = "", region = ""] = path.split("/");
  return { account, region, arn: "anonymous" };
}
