import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Content, Image } from "./image.ts";

const service = "demonstration";

/** A user of the registry. */
export interface User {
  readonly username: string;
  readonly password: string;
}

/**
 * A registry on this machine with one image, which is read only with a token that its token server gives to one user
 * (Docker Registry v2 token authentication; OCI distribution-spec, "Pull").
 */
export class TokenRegistry {
  /** What was asked for, such as `HEAD manifests/1.0.0`, without tokens and without what was refused. */
  readonly served: string[] = [];
  readonly #image: Image;
  readonly #repository: string;
  readonly #tag: string;
  readonly #user: User;
  readonly #tokens = new Set<string>();
  readonly #server: Server;

  private constructor(image: Image, name: { repository: string; tag: string }, user: User) {
    this.#image = image;
    this.#repository = name.repository;
    this.#tag = name.tag;
    this.#user = user;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  /** Starts the registry, with an image of this name. */
  static async start(
    image: Image,
    name: { repository: string; tag: string },
    user: User,
  ): Promise<TokenRegistry> {
    const registry = new TokenRegistry(image, name, user);
    registry.#server.listen(0, "127.0.0.1");
    await once(registry.#server, "listening");
    return registry;
  }

  /** Where it listens. */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer(request: IncomingMessage, response: ServerResponse): ServerResponse {
    const { pathname, searchParams } = new URL(request.url ?? "", `http://${this.host}`);
    if (pathname === "/token") return this.#giveToken(request, response, searchParams);
    const token = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
    if (!this.#tokens.has(token)) return this.#challenge(response);
    const path = pathname.replace(`/v2/${this.#repository}/`, "");
    this.served.push(`${request.method} ${path}`);
    const [kind, reference = ""] = path.split("/");
    const content = kind === "manifests" ? this.#manifest(reference) : this.#blob(reference);
    if (!content || !/^(GET|HEAD)$/.test(request.method ?? "")) return end(response, 404, {});
    return send(request, response, content);
  }

  #manifest(reference: string): Content | undefined {
    const { index, manifests } = this.#image;
    if (reference === this.#tag) return index;
    return [index, ...manifests].find(({ descriptor }) => descriptor.digest === reference);
  }

  #blob(digest: string): Content | undefined {
    return this.#image.blobs.find(({ descriptor }) => descriptor.digest === digest);
  }

  #challenge(response: ServerResponse): ServerResponse {
    const scope = `repository:${this.#repository}:pull`;
    const challenge = `Bearer realm="http://${this.host}/token",service="${service}",scope="${scope}"`;
    return end(response, 401, { "www-authenticate": challenge });
  }

  #giveToken(request: IncomingMessage, response: ServerResponse, asked: URLSearchParams): ServerResponse {
    const { username, password } = this.#user;
    const known = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
    const isRight =
      request.headers.authorization === known &&
      asked.get("service") === service &&
      asked.get("scope") === `repository:${this.#repository}:pull`;
    if (!isRight) return end(response, 401, {});
    const token = randomUUID();
    this.#tokens.add(token);
    return end(
      response,
      200,
      { "content-type": "application/json" },
      Buffer.from(JSON.stringify({ token, expires_in: 300 })),
    );
  }
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { descriptor, bytes }: Content,
): ServerResponse {
  const headers = { "content-type": descriptor.mediaType, "docker-content-digest": descriptor.digest };
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
  if (first === undefined) return end(response, 200, headers, bytes);
  const part = bytes.subarray(Number(first), last ? Number(last) + 1 : undefined);
  if (part.length === 0) return end(response, 416, {});
  const range = `bytes ${first}-${Number(first) + part.length - 1}/${bytes.length}`;
  return end(response, 206, { ...headers, "content-range": range }, part);
}

function end(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: Buffer = Buffer.alloc(0),
): ServerResponse {
  return response.writeHead(status, { ...headers, "content-length": String(body.length) }).end(body);
}
