import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { EcrError, limitExceeded, repositoryNotFound } from "./errors.ts";
import { ecrQuotas, type Quotas } from "./quota.ts";
import { Repository, type RepositorySettings } from "./repository.ts";
import type { RepositoryKey } from "./repository-key.ts";

/** Every repository of every account and region, kept in a folder: a store opened again on it knows all but open uploads. */
export class EcrStore {
  readonly #directory: string;
  readonly #quotas: Quotas;
  /** By folder. */
  readonly #repositories = new Map<string, Repository>();

  constructor(directory: string, quotas: Partial<Quotas> = {}) {
    this.#directory = directory;
    this.#quotas = { ...ecrQuotas, ...quotas };
    mkdirSync(directory, { recursive: true });
    for (const folder of repositoryFolders(directory)) {
      this.#repositories.set(folder, Repository.open(folder, this.#quotas));
    }
  }

  /** Throws RepositoryAlreadyExistsException and LimitExceededException. */
  create(key: RepositoryKey, settings: RepositorySettings): Repository {
    const folder = this.#folder(key);
    if (this.#repositories.has(folder)) {
      throw new EcrError(
        "RepositoryAlreadyExistsException",
        `The repository with name '${key.name}' already exists in the registry with id '${key.account}'`,
      );
    }
    const { repositories } = this.#quotas;
    if (this.list(key.account, key.region).length >= repositories) {
      throw limitExceeded("repositories in a registry", repositories);
    }
    const repository = Repository.create(folder, this.#quotas, key);
    repository.settings = settings;
    this.#repositories.set(folder, repository);
    return repository;
  }

  find(key: RepositoryKey): Repository | undefined {
    return this.#repositories.get(this.#folder(key));
  }

  /** Throws RepositoryNotFoundException. */
  get(key: RepositoryKey): Repository {
    const repository = this.find(key);
    if (!repository) throw repositoryNotFound(key);
    return repository;
  }

  /** The repositories of one registry in one region, by name. */
  list(account: string, region: string): Repository[] {
    return [...this.#repositories.values()]
      .filter(({ key }) => key.account === account && key.region === region)
      .sort((one, other) => (one.key.name < other.key.name ? -1 : 1));
  }

  /** Removes a repository with all that is in it. Throws RepositoryNotFoundException. */
  delete(key: RepositoryKey): void {
    this.get(key);
    const folder = this.#folder(key);
    this.#repositories.delete(folder);
    rmSync(folder, { recursive: true });
  }

  #folder({ account, region, name }: RepositoryKey): string {
    // A name may be longer than a file name may be; the hash alone would tell a reader of the folder nothing.
    const readable = name.replaceAll("/", "_").slice(0, 60);
    const hash = createHash("sha256").update(name).digest("hex").slice(0, 16);
    return join(this.#directory, account, region, `${readable}-${hash}`);
  }
}

function repositoryFolders(directory: string): string[] {
  const under = (folder: string) => readdirSync(folder).map((name) => join(folder, name));
  const folders = under(directory).flatMap(under).flatMap(under);
  return folders.filter((folder) => existsSync(join(folder, "journal.jsonl")));
}
