import { lookup as lookUp } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { Failure } from "../../../core/errors.ts";
import { quoted } from "../../../core/model/quoted.ts";
import { isLoopback, isPublic } from "./address.ts";

/** What may be reached, and what else of the outside world a registry's client uses; what is absent is the real one. */
export interface NetworkSettings {
  /** Whether this machine's own registries speak plain http, and private addresses may be connected to. */
  readonly allowInsecure?: boolean;
  /** What names stand for. */
  readonly resolve?: typeof lookUp;
  /** Whether an address may be connected to without `allowInsecure`. */
  readonly isPublic?: (address: string) => boolean;
  /** Waits for so many milliseconds. */
  readonly sleep?: (milliseconds: number) => Promise<unknown>;
  /** How long one exchange of a small message may take, in milliseconds. */
  readonly patience?: number;
}

/** What a user allows insecure registries with, in messages. */
export const insecureOption = "--allow-insecure";

/** The network as a registry's client may use it: https and public addresses, or what `allowInsecure` adds. */
export class Network {
  readonly allowInsecure: boolean;
  readonly sleep: (milliseconds: number) => Promise<unknown>;
  readonly patience: number;
  readonly #resolve: typeof lookUp;
  readonly #isPublic: (address: string) => boolean;

  constructor(settings: NetworkSettings = {}) {
    this.allowInsecure = settings.allowInsecure ?? false;
    this.sleep = settings.sleep ?? ((milliseconds) => delay(milliseconds));
    this.patience = settings.patience ?? 60_000;
    this.#resolve = settings.resolve ?? lookUp;
    this.#isPublic = settings.isPublic ?? isPublic;
  }

  /**
   * A URL that a server has named, or that a reference leads to. Throws `Unavailable` for one that must not be
   * followed: by its scheme, for an address that is not public, or for having credentials in it.
   */
  follow(text: string, base?: URL): URL {
    const url = URL.parse(text, base?.href);
    if (!url || url.hostname === "") throw refused("a server named a place that is no URL");
    const { protocol, hostname, host } = url;
    const local = protocol === "http:" && isLoopback(hostname);
    if (protocol !== "https:" && !(local && this.allowInsecure)) {
      const unless = local ? `, or with ${insecureOption} plain http to this machine` : "";
      throw refused(`${quoted(`${protocol}//${host}`)} is not followed: only https is${unless}`);
    }
    if (url.username !== "" || url.password !== "") {
      throw refused(`a URL of ${quoted(host)} is not followed: it has credentials in it`);
    }
    const address = hostname.replace(/^\[|\]$/g, "");
    if (isIP(address) && !this.#mayConnect(address)) throw notPublic(host, address);
    return url;
  }

  /** Looks a name up for a socket, which so connects to no address that was not checked. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    this.#resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, "");
      const allowed = found.filter(({ address }) => this.#mayConnect(address));
      const [first] = allowed;
      if (!first) callback(notPublic(hostname, found[0]?.address ?? "no address"), "");
      else if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };

  #mayConnect(address: string): boolean {
    return this.allowInsecure || this.#isPublic(address);
  }
}

function refused(message: string): Failure {
  return new Failure("Unavailable", { side: "source", operation: "Connect" }, message);
}

function notPublic(host: string, address: string): Failure {
  return refused(
    `${quoted(host)} is not connected to: ${address} is a private, local or reserved address, which only ${insecureOption} allows`,
  );
}
