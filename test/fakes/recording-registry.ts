import type { LookupAddress, lookup } from "node:dns";
import {
  createServer as createHttp,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo } from "node:net";
import { isPublic } from "../../adapters/clients/registry/address.ts";
import type { NetworkSettings } from "../../adapters/clients/registry/network.ts";
import { exampleTest } from "./example-test.ts";
import type { Content } from "./image.ts";

/** A request as it came, to whichever of the hosts. */
export interface Recorded {
  readonly origin: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly authorization?: string;
  readonly range?: string;
  /** The form that was posted. */
  readonly form?: string;
}

/** An answer in the place of the registry's own. */
export type Prepared = (request: IncomingMessage, response: ServerResponse) => unknown;

/** Which of the servers: two speak https, one plain http. */
export type Door = "https" | "other" | "http";

/**
 * A strict OCI registry with its token server and its storage, under every name of example.test, that records each
 * request and the credentials it came with. Storage refuses an Authorization header, as signed URLs of S3 do.
 */
export class RecordingRegistry {
  readonly requests: Recorded[] = [];
  /** Answers for the next requests whose URL contains a text, in order. */
  readonly answers: { readonly to: string; readonly answer: Prepared }[] = [];
  /** Where URLs lead to: `Location` by path. */
  readonly redirects = new Map<string, string>();
  /** Addresses of names that are not this server's. */
  readonly addresses = new Map<string, string[]>();
  /** How long the client was told, or chose, to wait, in milliseconds. */
  readonly waits: number[] = [];
  auth: "none" | "basic" | "bearer" = "none";
  /** WWW-Authenticate, in the place of the registry's own. */
  challenge: string | undefined;
  realm = "";
  user: { readonly username: string; readonly password: string } | undefined;
  identityToken: string | undefined;
  /** What is said of tokens: seconds. */
  expiresIn: number | undefined;
  /** Headers that are sent with every manifest. */
  headers: Record<string, string> = {};
  /** When set, a blob's answer breaks after so many bytes. */
  breakAfter = Number.POSITIVE_INFINITY;
  /** Whether blobs are sent by range. */
  ranges = true;
  /** How many bytes of blobs were sent. */
  bytesSent = 0;
  readonly tokens = new Set<string>();
  readonly #contents: Content[] = [];
  readonly #tags = new Map<string, string>();
  readonly #servers: Record<Door, Server>;
  #issued = 0;

  constructor() {
    const handle = (scheme: string) => (request: IncomingMessage, response: ServerResponse) =>
      // A client may go away while it is answered.
      void this.#handle(scheme, request, response).catch(() => response.destroy());
    this.#servers = {
      https: createHttps(exampleTest, handle("https")),
      other: createHttps(exampleTest, handle("https")),
      http: createHttp(handle("http")),
    };
  }

  static async start(): Promise<RecordingRegistry> {
    const registry = new RecordingRegistry();
    for (const server of Object.values(registry.#servers)) {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    }
    registry.realm = `${registry.origin("auth")}/token`;
    return registry;
  }

  close(): void {
    for (const server of Object.values(this.#servers)) {
      server.closeAllConnections();
      server.close();
    }
  }

  /** The host that a reference has, with its port. */
  host(name = "registry", door: Door = "https"): string {
    const { port } = this.#servers[door].address() as AddressInfo;
    return name.includes(".") || name === "localhost" ? `${name}:${port}` : `${name}.example.test:${port}`;
  }

  origin(name = "registry", door: Door = "https"): string {
    return `${door === "http" ? "http" : "https"}://${this.host(name, door)}`;
  }

  /** The network as tests have it: 127.0.0.1 is public, and nobody waits. */
  settings(also: NetworkSettings = {}): NetworkSettings {
    return {
      resolve: ((
        name: string,
        _: object,
        callback: (error: Error | null, found: LookupAddress[]) => void,
      ) => {
        const found = this.addresses.get(name) ?? (name.endsWith(".example.test") ? ["127.0.0.1"] : []);
        const unknown = Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: "ENOTFOUND" });
        const listed = found.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
        callback(found.length > 0 ? null : unknown, listed);
      }) as unknown as typeof lookup,
      isPublic: (address) => address === "127.0.0.1" || isPublic(address),
      sleep: async (milliseconds) => this.waits.push(milliseconds),
      ...also,
    };
  }

  /** Adds an image, under a tag if one is given. */
  add(content: Content, tag?: string): void {
    this.#contents.push(content);
    if (tag !== undefined) this.#tags.set(tag, content.root.digest);
  }

  /** Where storage has a blob, by a signed URL that is a secret. */
  stored(digest: string, origin = this.origin("storage")): string {
    return `${origin}/storage/${digest}?X-Signature=signed-url-secret`;
  }

  /** The requests that came with credentials, as host, path and header. */
  signed(): string[] {
    return this.requests
      .filter(({ authorization, form }) => authorization !== undefined || form?.includes("refresh_token"))
      .map(
        ({ origin, path, authorization }) => `${origin}${path.split("?")[0]} ${authorization ?? "(form)"}`,
      );
  }

  async #handle(scheme: string, request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const { method = "", url = "", headers } = request;
    const origin = `${scheme}://${headers.host}`;
    let form = "";
    for await (const chunk of request) form += chunk;
    const { authorization, range } = headers;
    this.requests.push({ origin, method, path: url, authorization, range, ...(form && { form }) });
    const prepared = this.answers.findIndex(({ to }) => `${method} ${origin}${url}`.includes(to));
    if (prepared >= 0) return this.answers.splice(prepared, 1)[0]?.answer(request, response);
    const { pathname, searchParams } = new URL(url, origin);
    const location = this.redirects.get(pathname);
    if (location !== undefined) return say(response, 307, "", { location });
    if (pathname === "/token")
      return this.#giveToken(request, response, new URLSearchParams(form || searchParams));
    if (pathname.startsWith("/storage/")) return this.#store(request, response, pathname.slice(9));
    if (!this.#isAllowed(authorization)) return this.#challenge(response);
    return this.#serve(request, response, pathname);
  }

  #isAllowed(authorization: string | undefined): boolean {
    if (this.auth === "none") return authorization === undefined;
    if (this.auth === "basic") return authorization === this.#basic();
    return this.tokens.has(authorization?.replace(/^Bearer /, "") ?? "");
  }

  #basic(): string {
    const { username, password } = this.user ?? { username: "", password: "" };
    return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  }

  #challenge(response: ServerResponse): unknown {
    const own =
      this.auth === "basic"
        ? 'Basic realm="registry"'
        : `Bearer realm="${this.realm}",service="registry.example.test"`;
    const refused = JSON.stringify({
      errors: [{ code: "UNAUTHORIZED", message: "authentication required" }],
    });
    return say(response, 401, refused, { "www-authenticate": this.challenge ?? own });
  }

  #giveToken(request: IncomingMessage, response: ServerResponse, asked: URLSearchParams): unknown {
    const form = request.method === "POST";
    const known = form
      ? asked.get("grant_type") === "refresh_token" && asked.get("refresh_token") === this.identityToken
      : this.user === undefined
        ? request.headers.authorization === undefined
        : request.headers.authorization === this.#basic();
    const right =
      asked.get("service") === "registry.example.test" &&
      /^repository:[a-z/]+:pull$/.test(asked.get("scope") ?? "");
    if (!known || !right) return say(response, right ? 401 : 400, "{}");
    const token = `token-secret-${++this.#issued}`;
    this.tokens.add(token);
    const answer = { [form ? "access_token" : "token"]: token, expires_in: this.expiresIn };
    return say(response, 200, JSON.stringify(answer), { "content-type": "application/json" });
  }

  #serve(request: IncomingMessage, response: ServerResponse, path: string): unknown {
    const [, kind, reference = ""] = /^\/v2\/app\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? [];
    if (kind === "blobs")
      return this.#store({ ...request, headers: { range: request.headers.range } }, response, reference);
    const digest = this.#tags.get(reference) ?? reference;
    const bytes = this.#find("manifests", digest);
    const mediaType = bytes && typeOf(bytes, this.#contents, digest);
    if (kind !== "manifests" || !bytes || !request.headers.accept?.includes(mediaType ?? "")) {
      return say(response, 404, JSON.stringify({ errors: [{ code: "MANIFEST_UNKNOWN" }] }));
    }
    const described = { "content-type": mediaType ?? "", "docker-content-digest": digest };
    return say(response, 200, bytes, { ...described, ...this.headers });
  }

  #store(request: Pick<IncomingMessage, "headers">, response: ServerResponse, digest: string): unknown {
    const bytes = this.#find("blobs", digest);
    if (request.headers.authorization !== undefined)
      return say(response, 400, "only one way to sign in is allowed");
    if (!bytes) return say(response, 404);
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec((this.ranges && request.headers.range) || "") ?? [];
    const [from, to] = [Number(first ?? 0), Math.min(Number(last ?? bytes.length - 1), bytes.length - 1)];
    if (from > to) return say(response, 416);
    const sent = bytes.subarray(from, Math.min(to + 1, from + this.breakAfter));
    this.bytesSent += sent.length;
    const range = first === undefined ? {} : { "content-range": `bytes ${from}-${to}/${bytes.length}` };
    response.writeHead(first === undefined ? 200 : 206, {
      "content-length": String(to - from + 1),
      ...range,
    });
    return response.write(sent, () => (sent.length > to - from ? response.end() : response.destroy()));
  }

  #find(kind: "manifests" | "blobs", digest: string): Uint8Array | undefined {
    return this.#contents.map((content) => content[kind].get(digest)).find((bytes) => bytes !== undefined);
  }
}

/** An answer of some status, body and headers. */
export function says(
  status: number,
  body: string | Uint8Array = "",
  headers: Record<string, string> = {},
): Prepared {
  return (_, response) => say(response, status, body, headers);
}

function say(
  response: ServerResponse,
  status: number,
  body: string | Uint8Array = "",
  headers: Record<string, string> = {},
): ServerResponse {
  return response
    .writeHead(status, { "content-length": String(Buffer.byteLength(body)), ...headers })
    .end(body);
}

function typeOf(bytes: Uint8Array, contents: readonly Content[], digest: string): string {
  const { mediaType } = JSON.parse(new TextDecoder().decode(bytes));
  return mediaType ?? contents.find(({ root }) => root.digest === digest)?.root.mediaType ?? "";
}
