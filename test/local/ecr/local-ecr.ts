import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { EcrService } from "../../../local/ecr/ecr-service.ts";
import type { ImageAction } from "../../../local/ecr/image-action.ts";
import { LayerDownloads } from "../../../local/ecr/layer-downloads.ts";
import type { Quotas } from "../../../local/ecr/quota.ts";
import { EcrStore } from "../../../local/ecr/store.ts";
import type { Authorize, Call, Identify, Reply, Service } from "../../../local/http.ts";
import { RegistryService } from "../../../local/registry/registry-service.ts";

/** An ECR answer, loosely: tests say what they expect of it. */
// biome-ignore lint/suspicious/noExplicitAny: every operation answers another shape, and a wrong field fails the test anyway.
export type Answer = Record<string, any>;

export const account = "111111111111";
export const region = "us-east-1";
export const endpoint = "http://127.0.0.1:4566";

export interface Identified {
  readonly operation: string;
  readonly detail: Readonly<Record<string, string | number>>;
  readonly account: string;
}

/** A folder, a store on it and the three services over the store, called without HTTP. */
export class LocalEcr {
  readonly directory = mkdtempSync(join(tmpdir(), "local-ecr-"));
  readonly store: EcrStore;
  readonly actions: ImageAction[] = [];
  readonly identified: Identified[] = [];
  readonly downloads: LayerDownloads;
  readonly api: EcrService;
  readonly registry: RegistryService;
  /** Epoch milliseconds; only downloads look at it. */
  now = Date.UTC(2026, 0, 1);

  constructor({ quotas, authorize = () => {} }: { quotas?: Partial<Quotas>; authorize?: Authorize } = {}) {
    this.store = new EcrStore(this.directory, quotas);
    this.downloads = new LayerDownloads({ store: this.store, now: () => this.now });
    const onImageAction = (action: ImageAction) => void this.actions.push(action);
    this.api = new EcrService({ store: this.store, downloads: this.downloads, authorize, onImageAction });
    this.registry = new RegistryService({ store: this.store, onImageAction });
  }

  readonly identify: Identify = (operation, detail, caller) => {
    this.identified.push({ operation, detail, account: caller.account });
  };

  /** The answer of an API operation, or its error body as a rejection. */
  async call(
    operation: string,
    input: object | string,
    from = account,
    identify = this.identify,
  ): Promise<Answer> {
    const reply = await this.api.handle(apiCall(operation, input, from), identify);
    const body = JSON.parse(String(reply.body)) as Answer;
    if (reply.status !== 200)
      throw Object.assign(new Error(body["message"]), {
        ...body,
        name: body["__type"],
        status: reply.status,
      });
    return body;
  }

  async createRepository(repositoryName = "app", more: object = {}): Promise<void> {
    await this.call("CreateRepository", { repositoryName, ...more });
  }

  /** Uploads a layer in one part. */
  async putLayer(content: string | Buffer, repositoryName = "app"): Promise<Described> {
    const bytes = Buffer.from(content);
    const { uploadId } = await this.call("InitiateLayerUpload", { repositoryName });
    await this.putPart({ uploadId, repositoryName }, 0, bytes);
    const digest = digestOf(bytes);
    await this.call("CompleteLayerUpload", { repositoryName, uploadId, layerDigests: [digest] });
    return { mediaType: layerType, digest, size: bytes.length };
  }

  putPart(
    upload: { uploadId: string; repositoryName?: string },
    first: number,
    part: Buffer,
  ): Promise<Answer> {
    return this.call("UploadLayerPart", {
      repositoryName: "app",
      ...upload,
      partFirstByte: first,
      partLastByte: first + part.length - 1,
      layerPartBlob: part.toString("base64"),
    });
  }

  /** Uploads a config and a layer made from the name, and puts a manifest of them. */
  async putImage(name: string, tag?: string, repositoryName = "app"): Promise<Described> {
    const config = { ...(await this.#layerOnce(`{"of":"${name}"}`, repositoryName)), mediaType: configType };
    const layer = await this.#layerOnce(`layer of ${name}`, repositoryName);
    const text = JSON.stringify({ schemaVersion: 2, mediaType: imageType, config, layers: [layer] });
    await this.call("PutImage", { repositoryName, imageManifest: text, imageTag: tag });
    return { mediaType: imageType, digest: digestOf(text), size: Buffer.byteLength(text) };
  }

  /** A request to the registry. */
  v2(
    method: string,
    path: string,
    more: Partial<Omit<Call, "body" | "query">> & { body?: string | Buffer } = {},
  ): Promise<Reply> {
    const [bare = "", query] = path.split("?");
    const body = Readable.from(more.body === undefined ? [] : [Buffer.from(more.body)]);
    const call = {
      method,
      path: bare,
      query: new URLSearchParams(query),
      headers: {},
      endpoint,
      ...more,
      body,
    };
    return this.registry.handle(call, this.identify);
  }

  /** A request to a pre-signed URL. */
  get(url: string, headers: Record<string, string> = {}, method = "GET"): Promise<Reply> {
    const { pathname, searchParams } = new URL(url);
    const call = { method, path: pathname, query: searchParams, headers, endpoint, body: Readable.from([]) };
    return this.downloads.handle(call, this.identify);
  }

  dispose(): void {
    rmSync(this.directory, { recursive: true });
  }

  async #layerOnce(content: string, repositoryName: string): Promise<Described> {
    const digest = digestOf(content);
    if (this.store.get({ account, region, name: repositoryName }).layers.has(digest)) {
      return { mediaType: layerType, digest, size: Buffer.byteLength(content) };
    }
    return this.putLayer(content, repositoryName);
  }
}

export interface Described {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export const layerType = "application/vnd.oci.image.layer.v1.tar+gzip";
export const configType = "application/vnd.oci.image.config.v1+json";
export const imageType = "application/vnd.oci.image.manifest.v1+json";
export const indexType = "application/vnd.oci.image.index.v1+json";

export function digestOf(content: string | Buffer): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

export async function bodyOf({ body = "" }: Reply): Promise<string> {
  return typeof body === "string" || body instanceof Uint8Array ? body.toString() : text(body);
}

export function apiCall(operation: string, input: object | string, from: string): Call {
  const text = typeof input === "string" ? input : JSON.stringify(input);
  return {
    method: "POST",
    path: "/",
    query: new URLSearchParams(),
    headers: { "x-amz-target": `AmazonEC2ContainerRegistry_V20150921.${operation}` },
    body: Readable.from([Buffer.from(text)]),
    caller: { account: from, region, arn: `arn:aws:iam::${from}:root` },
    endpoint,
  };
}

/** A tiny HTTP front on a free port: the access key id is the account. */
export async function listen(local: LocalEcr): Promise<{ endpoint: string; close: () => Promise<void> }> {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const [path = "", query = ""] = (request.url ?? "").split("?");
    const [, from] = /Credential=(\d{12})\//.exec(request.headers.authorization ?? "") ?? [];
    const reply = await serviceFor(local, path).handle(
      {
        method: request.method ?? "GET",
        path,
        query: new URLSearchParams(query),
        headers: request.headers as Call["headers"],
        body: request,
        caller: from === undefined ? undefined : { account: from, region, arn: `arn:aws:iam::${from}:root` },
        endpoint: `http://${request.headers.host}`,
      },
      local.identify,
    );
    response.writeHead(reply.status, reply.headers);
    if (typeof reply.body === "string" || reply.body instanceof Uint8Array) response.end(reply.body);
    else Readable.from(reply.body ?? []).pipe(response);
  };
  // A client that had an error of another call of its own goes away meanwhile.
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { endpoint: `http://127.0.0.1:${port}`, close };
}

function serviceFor(local: LocalEcr, path: string): Service {
  if (path.startsWith("/v2")) return local.registry;
  return path.startsWith("/_layers/") ? local.downloads : local.api;
}
