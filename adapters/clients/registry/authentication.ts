import { Failure } from "../../../core/errors.ts";
import { quoted } from "../../../core/model/quoted.ts";
import type { RegistryRepository } from "../../../core/model/registry-reference.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import { basic, type CredentialsOf, type RegistryCredentials } from "./credentials.ts";
import type { Network } from "./network.ts";
import type { Arrival } from "./redirects.ts";
import type { Status } from "./retries.ts";
import { fetchToken } from "./token.ts";

/** What is sent to the registry, and until when. */
interface Authorization {
  readonly value: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** What of a token's life is used: it shall not end on its way. */
const used = 0.8;

/** Signs requests to one repository's registry in: with nothing until it asks, then with what it asks for. */
export class Authentication {
  readonly #repository: RegistryRepository;
  readonly #credentialsOf: CredentialsOf;
  readonly #network: Network;
  readonly #scope: string;
  #credentials: Promise<RegistryCredentials | undefined> | undefined;
  #challenge: Challenge | undefined;
  /** Shared by all requests that need it at the same time. */
  #authorization: Promise<Authorization> | undefined;

  /** Tokens are asked for with the scope, to pull from the repository if there is none. */
  constructor(
    repository: RegistryRepository,
    credentialsOf: CredentialsOf,
    network: Network,
    scope = `repository:${repository.name}:pull`,
  ) {
    this.#scope = scope;
    this.#repository = repository;
    this.#credentialsOf = credentialsOf;
    this.#network = network;
  }

  /** Whether there are credentials for the registry. */
  async isKnown(): Promise<boolean> {
    return (await this.#known()) !== undefined;
  }

  /**
   * Sends a request; when the registry itself answers 401, once more with what it asks for. A second 401 is given back.
   * Throws `AccessDenied` when there is nothing to send that it asks for, and what `fetchToken` throws.
   */
  async authorize<T extends Status>(
    send: (authorization?: string) => Promise<Arrival<T>>,
  ): Promise<Arrival<T>> {
    const sent = await this.#current();
    const arrival = await send(sent);
    if (!arrival.own || arrival.answer.status !== 401) return arrival;
    const next = await this.#renewed(sent, arrival.answer.headers.get("www-authenticate"));
    // The same again would only be refused again.
    return next === sent ? arrival : send(next);
  }

  /** What is sent now: renewed when its end is near. */
  async #current(): Promise<string | undefined> {
    const current = await this.#authorization;
    if (!current || Date.now() < current.until) return current?.value;
    return this.#renewed(current.value);
  }

  /** Another than was sent, which a request beside this one may have brought already. */
  async #renewed(sent: string | undefined, header?: string): Promise<string> {
    const before = this.#authorization;
    const current = await before;
    if (before !== this.#authorization) return this.#renewed(sent, header);
    if (current && current.value !== sent) return current.value;
    if (header !== undefined || !this.#challenge) this.#challenge = this.#chosen(header ?? "");
    const asked = this.#authorized(this.#challenge);
    this.#authorization = asked;
    try {
      return (await asked).value;
    } catch (error) {
      if (this.#authorization === asked) this.#authorization = undefined;
      throw error;
    }
  }

  /** A token is worth less to whoever sees it than a password. */
  #chosen(header: string): Challenge {
    const challenges = parseChallenges(header);
    const offered = (scheme: string) => challenges.find((each) => each.scheme === scheme);
    const chosen = offered("bearer") ?? offered("basic");
    if (chosen) return chosen;
    const schemes = challenges.map(({ scheme }) => quoted(scheme)).join(", ") || "no way that is known";
    throw this.#denied(`asks to be signed in to by ${schemes}; only Bearer and Basic can be answered`);
  }

  async #authorized(challenge: Challenge): Promise<Authorization> {
    const credentials = await this.#known();
    if (challenge.scheme === "bearer") {
      const wanted = { registry: this.#repository.host, scope: this.#scope, credentials };
      const { value, lasts } = await fetchToken(challenge, wanted, this.#network);
      return { value: `Bearer ${value}`, until: Date.now() + lasts * 1_000 * used };
    }
    if (!credentials) {
      throw this.#denied(
        "gives nothing without credentials; name a secret with them as sourceSecretArn, or on the command line sign in with docker login",
      );
    }
    if ("identityToken" in credentials) {
      throw this.#denied("asks for a user name and a password, and there is only an identity token for it");
    }
    return { value: basic(credentials), until: Number.POSITIVE_INFINITY };
  }

  /** Docker's credential helpers give an identity token as the password of the user `<token>`. */
  async #known(): Promise<RegistryCredentials | undefined> {
    this.#credentials ??= this.#credentialsOf(this.#repository.host);
    const known = await this.#credentials;
    return known && "username" in known && known.username === "<token>"
      ? { identityToken: known.password }
      : known;
  }

  #denied(what: string): Failure {
    return new Failure(
      "AccessDenied",
      { side: "source", operation: "GetToken" },
      `${this.#repository.host} ${what}`,
    );
  }
}
