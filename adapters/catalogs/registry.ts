import { Failure, type FailureName } from "../../core/errors.ts";
import { isTag } from "../../core/model/reference.ts";
import {
  formatRegistryRepository,
  parseRegistryImage,
  type RegistryRepository,
} from "../../core/model/registry-reference.ts";
import type { Catalog, ListedImage } from "../../core/ports.ts";
import type { CredentialsOf } from "../clients/registry/credentials.ts";
import type { HttpAnswer } from "../clients/registry/http.ts";
import { type List, readList } from "../clients/registry/list.ts";
import { Network, type NetworkSettings } from "../clients/registry/network.ts";
import type { Arrival } from "../clients/registry/redirects.ts";
import { refusal } from "../clients/registry/refusal.ts";
import { Registry } from "../clients/registry/registry.ts";

const side = "source";

/** Any registry that speaks OCI's or Docker's protocol, listed: it tells of images their tags only. */
export class RegistryCatalog implements Catalog {
  readonly #host: string;
  readonly #credentialsOf: CredentialsOf;
  readonly #network: Network;

  constructor({ host }: RegistryRepository, credentialsOf: CredentialsOf, settings: NetworkSettings = {}) {
    this.#host = host;
    this.#credentialsOf = credentialsOf;
    this.#network = new Network(settings);
  }

  /**
   * Not a part of OCI's protocol but of Docker's (Docker Registry HTTP API V2, "Catalog"). Names that are none are left
   * out. Throws `AccessDenied` and `RequestInvalid` for a registry that does not list its repositories.
   */
  async *repositories(prefix: string): AsyncGenerator<string[]> {
    // The name is looked at by nobody: what is asked for is not below it.
    const registry = this.#open(prefix, "registry:catalog:*");
    const operation = "ListRepositories";
    const list: List = {
      path: "/_catalog",
      field: "repositories",
      what: "the list of its repositories",
      operation,
      refusal: async (arrival) => this.#unlisted(arrival),
    };
    try {
      for await (const page of readList(registry, list)) {
        yield page.filter((name) => name.startsWith(prefix) && isRepository(this.#host, name));
      }
    } catch (error) {
      if (!(error instanceof Failure) || error.operation !== "GetToken" || error.name !== "AccessDenied")
        throw error;
      throw this.#notListed("AccessDenied", error.message, error);
    }
  }

  /** Throws `RepositoryNotFound`. A tag that is none, which nobody could pull by it, is left out. */
  async *images(repository: string): AsyncGenerator<ListedImage[]> {
    const registry = this.#open(repository);
    const list: List = {
      path: "tags/list",
      field: "tags",
      what: `the list of tags of ${formatRegistryRepository(registry.repository)}`,
      operation: "ListTags",
      refusal: (arrival) => untold(arrival, registry),
    };
    for await (const page of readList(registry, list)) yield page.filter(isTag).map((tag) => ({ tag }));
  }

  #open(name: string, scope?: string): Registry {
    return new Registry({ host: this.#host, name }, this.#credentialsOf, this.#network, scope);
  }

  #unlisted({ answer: { status }, host, own }: Arrival<HttpAnswer>): Failure {
    const what = `${own ? "" : `${host}, which it redirects to, `}answers with HTTP status ${status}`;
    if (status === 401 || status === 403) return this.#notListed("AccessDenied", what);
    if ([404, 405, 410, 501].includes(status)) return this.#notListed("RequestInvalid", what);
    const message = `the list of repositories of ${this.#host} is answered with HTTP status ${status}`;
    return new Failure("Unavailable", { side, operation: "ListRepositories" }, message);
  }

  #notListed(name: FailureName, why: string, cause?: unknown): Failure {
    const message = `${this.#host} does not list its repositories (${why}); many registries do so for nobody, or for administrators only: write a rule for each repository, without a *`;
    return new Failure(name, { side, operation: "ListRepositories", cause }, message);
  }
}

async function untold(arrival: Arrival<HttpAnswer>, registry: Registry): Promise<Failure> {
  const operation = "ListTags";
  const { status } = arrival.answer;
  if (status !== 404 && status !== 410)
    return refusal(arrival, { what: "the list of tags", operation }, registry);
  return new Failure(
    "RepositoryNotFound",
    { side, operation },
    `there is no repository ${formatRegistryRepository(registry.repository)}; check its name, and that it was not deleted`,
  );
}

/** A name becomes a part of URLs, and of references. */
function isRepository(host: string, name: string): boolean {
  try {
    return parseRegistryImage(`${host}/${name}`).repository.name === name;
  } catch {
    return false;
  }
}
