import type { ByteRange } from "../../../core/model/byte-range.ts";
import { dockerHub, type RegistryRepository } from "../../../core/model/registry-reference.ts";
import { type RangeAnswer, requestRange } from "../range-request.ts";
import { isLoopback } from "./address.ts";
import { agentFor } from "./agents.ts";
import { Authentication } from "./authentication.ts";
import type { CredentialsOf } from "./credentials.ts";
import { exchange, type HttpAnswer } from "./http.ts";
import type { Network } from "./network.ts";
import { type PullLimit, pullLimitOf } from "./pull-limit.ts";
import { type Arrival, follow, type Send } from "./redirects.ts";
import type { Status } from "./retries.ts";

/** A request for something small of a repository. */
export interface Asked {
  readonly method: "GET" | "HEAD";
  /** Below the repository, such as `manifests/latest`; with a slash before it below the registry, such as `/_catalog`. */
  readonly path: string;
  readonly accept: string;
  /** The most bytes that are read of the answer. */
  readonly limit: number;
  readonly operation: string;
}

const always = { "accept-encoding": "identity", "user-agent": "ecr-replicator" };

/** One repository of a registry, as its HTTP API has it (OCI distribution-spec): signed in where it asks for it. */
export class Registry {
  readonly repository: RegistryRepository;
  readonly authentication: Authentication;
  readonly network: Network;
  /** What the registry said last of how often it may be pulled from. */
  pullLimit: PullLimit | undefined;

  /** Tokens are asked for with the scope, to pull from the repository if there is none. */
  constructor(
    repository: RegistryRepository,
    credentialsOf: CredentialsOf,
    network: Network,
    scope?: string,
  ) {
    this.repository = repository;
    this.network = network;
    this.authentication = new Authentication(repository, credentialsOf, network, scope);
  }

  /** Asks for something small. Throws what `follow` and `authorize` throw; what an answer's status means is the caller's. */
  async ask({ method, path, accept, limit, operation }: Asked): Promise<Arrival<HttpAnswer>> {
    return this.#send(path, operation, (url, headers) => {
      const agent = agentFor(url, this.network);
      return exchange({ method, url, headers: { ...headers, accept }, limit, agent }, this.network);
    });
  }

  /** Asks for a range of a blob. */
  async askRange(path: string, range: ByteRange, operation: string): Promise<Arrival<RangeAnswer>> {
    const { lookup } = this.network;
    return this.#send(path, operation, (url, headers) => requestRange(url, range, { headers, lookup }));
  }

  async #send<T extends Status>(
    path: string,
    operation: string,
    send: (url: URL, headers: Record<string, string>) => Promise<T>,
  ): Promise<Arrival<T>> {
    const start = this.#url(path);
    const arrival = await this.authentication.authorize((authorization) => {
      const signed: Send<T> = (url, own) =>
        send(url, { ...always, ...(own && authorization !== undefined && { authorization }) });
      return follow(start, operation, signed, this.network);
    });
    if (arrival.own) this.pullLimit = pullLimitOf(arrival.answer.headers) ?? this.pullLimit;
    return arrival;
  }

  #url(path: string): URL {
    const { host, name } = this.repository;
    const server = host === dockerHub ? "registry-1.docker.io" : host;
    const plain = this.network.allowInsecure && isLoopback(new URL(`https://${server}`).hostname);
    const below = path.startsWith("/") ? path : `/${name}/${path}`;
    return this.network.follow(`${plain ? "http" : "https"}://${server}/v2${below}`);
  }
}
