import { setImmediate } from "node:timers/promises";
import { Failure, type FailureName, type Side } from "../../core/errors.ts";
import { type Digest, digestOf } from "../../core/model/digest.ts";
import { destinationOf, parseRequest, type Request, sourceOf } from "../../core/model/request.ts";
import { referenceOf } from "../../core/model/source-reference.ts";
import type {
  Catalog,
  Deletion,
  Destination,
  Kept,
  ListedImage,
  Remover,
  RuleSides,
  Source,
  Wanted,
} from "../../core/ports.ts";

/** The most entries of a page. */
const pageSize = 1_000;

/** The digest of an image that is told from others by a name alone. */
export function digestFor(name: string): Digest {
  return digestOf(new TextEncoder().encode(name));
}

/** What a repository in memory has. */
export class MemoryRepository {
  /** What each tag stands for. */
  readonly tags = new Map<string, Digest>();
  readonly untagged = new Set<Digest>();
  /** When images were pushed, in milliseconds since 1970; 0 where it is not said. */
  readonly pushed = new Map<Digest, number>();
  readonly archived = new Set<Digest>();
  /** The images that are parts of an index, which are not deleted. */
  readonly parts = new Set<Digest>();

  /** Adds images that are told apart by a name: a tag for each. */
  add(images: Readonly<Record<string, string>>): this {
    for (const [tag, name] of Object.entries(images)) this.tags.set(tag, digestFor(name));
    return this;
  }
}

/** The repositories of one side of a rule. */
export class MemoryCatalog implements Catalog {
  readonly repositoriesByName = new Map<string, MemoryRepository>();
  readonly #side: Side;
  readonly #called: (call: string) => void;
  /** Whether listings have tags only. */
  isDigestless = false;

  constructor(side: Side, called: (call: string) => void) {
    this.#side = side;
    this.#called = called;
  }

  /** A repository, made when it is not there. */
  at(name: string): MemoryRepository {
    const found = this.repositoriesByName.get(name) ?? new MemoryRepository();
    this.repositoriesByName.set(name, found);
    return found;
  }

  /** A repository that has to be there. */
  need(name: string, operation: string): MemoryRepository {
    const found = this.repositoriesByName.get(name);
    if (found) return found;
    throw new Failure(
      "RepositoryNotFound",
      { side: this.#side, operation },
      `there is no repository ${name}`,
    );
  }

  async *repositories(prefix: string): AsyncGenerator<string[]> {
    const names = [...this.repositoriesByName.keys()].filter((name) => name.startsWith(prefix));
    yield* this.#pages(`${this.#side} repositories`, names, (name) => name);
  }

  async *images(name: string, { untagged, details }: Wanted): AsyncGenerator<ListedImage[]> {
    const call = `${this.#side} images ${name}`;
    if (this.isDigestless && (untagged || details)) throw new Error(`${call}: tells of tags alone`);
    const repository = this.need(name, "ListImages");
    const listed = imagesOf(repository).filter(
      ({ tag, archived }) =>
        (tag !== undefined || untagged) && (!archived || details || this.#side === "destination"),
    );
    const told = listed.map(({ tag, digest, pushedAt, archived }): ListedImage => {
      if (this.isDigestless) return { tag };
      const detail = details ? { pushedAt, ...(archived && { archived }) } : {};
      return { ...(tag !== undefined && { tag }), digest, ...detail };
    });
    yield* this.#pages(call, told, ({ tag, digest }) => `${tag}@${digest}`);
  }

  /** In an order that nobody could rely on. */
  async *#pages<T>(call: string, entries: readonly T[], nameOf: (entry: T) => string): AsyncGenerator<T[]> {
    const shuffled = entries
      .map((entry) => ({ entry, at: digestFor(`order ${nameOf(entry)}`) }))
      .sort((a, b) => (a.at < b.at ? -1 : 1))
      .map(({ entry }) => entry);
    for (let from = 0; from === 0 || from < shuffled.length; from += pageSize) {
      await setImmediate();
      this.#called(call);
      if (shuffled.length > 0) yield shuffled.slice(from, from + pageSize);
    }
  }
}

function imagesOf({ tags, untagged, pushed, archived }: MemoryRepository) {
  const all = [...tags, ...[...untagged].map((digest) => [undefined, digest] as const)];
  return all.map(([tag, digest]) => ({
    tag,
    digest,
    pushedAt: pushed.get(digest) ?? 0,
    archived: archived.has(digest),
  }));
}

/** Both sides of a rule in memory. Its maps may be changed at any time. */
export class MemoryRuleSides implements RuleSides {
  /** What was called, in order: a side, what was asked, and of what; of a listing, one for each page. */
  readonly calls: string[] = [];
  readonly from = new MemoryCatalog("source", (call) => this.#called(call));
  readonly to = new MemoryCatalog("destination", (call) => this.#called(call));
  /** What is thrown by calls, by how they begin. */
  readonly failures = new Map<string, Failure>();
  /** What stands for an image of which only some platforms are wanted. */
  readonly subsets = new Map<Digest, Digest>();
  /** The most images that were asked about at the same time. */
  mostAsked = 0;
  #asked = 0;

  /** Lets the calls that begin so fail. */
  fail(call: string, name: FailureName, operation = "Fail"): void {
    const side = call.startsWith("source") ? "source" : "destination";
    this.failures.set(call, new Failure(name, { side, operation }, `${call} fails`));
  }

  sourceCatalog(): Catalog {
    return this.from;
  }

  destinationCatalog(): Catalog {
    return this.to;
  }

  /** Only what stands for an image can be asked. */
  source(request: Request): Source {
    return { resolve: (reference: string) => this.#resolve(request, reference) } as unknown as Source;
  }

  destination(): Destination {
    throw new Error("nothing is written while sides are compared");
  }

  remover(): Remover {
    return {
      standing: (deletions) => this.#standing(deletions),
      remove: (deletions) => this.#remove(deletions),
    };
  }

  /** Does what a request asks for. */
  copy(asked: Request): void {
    const request = parseRequest(asked);
    const source = sourceOf(request);
    if (source.kind === "s3") throw new Error(`${request.source} is no image of a repository`);
    const reference = referenceOf(source);
    const from = this.from.need(source.repository.name, "Copy");
    const found = from.tags.get(reference) ?? (reference as Digest);
    const digest = request.platforms ? (this.subsets.get(found) ?? found) : found;
    const { repository, tag } = destinationOf(request);
    const to = request.createRepository ? this.to.at(repository.name) : this.to.need(repository.name, "Copy");
    if (tag === undefined) to.untagged.add(digest);
    else to.tags.set(tag, digest);
    if (request.referrers === false) return;
    for (const [artifact, its] of from.tags) {
      if (artifact.startsWith(`${found.replace(":", "-")}.`)) to.tags.set(artifact, its);
    }
  }

  async #resolve(request: Request, reference: string) {
    const source = sourceOf(request);
    if (source.kind === "s3") throw new Error(`${request.source} is no image of a repository`);
    if (referenceOf(source) !== reference) throw new Error(`${reference} is not what the request asks for`);
    const { name } = source.repository;
    this.#asked += 1;
    this.mostAsked = Math.max(this.mostAsked, this.#asked);
    await setImmediate();
    this.#asked -= 1;
    this.#called(`source resolve ${name} ${reference}`);
    const { tags, untagged } = this.from.need(name, "Resolve");
    const digest = tags.get(reference) ?? [...untagged].find((each) => each === reference);
    if (digest === undefined) {
      throw new Failure("SourceNotFound", { side: "source", operation: "Resolve" }, `no ${reference}`);
    }
    const wanted = request.platforms ? (this.subsets.get(digest) ?? digest) : digest;
    return { mediaType: "application/vnd.oci.image.index.v1+json", digest: wanted, size: 1 };
  }

  async #standing(deletions: readonly Deletion[]): Promise<Deletion[]> {
    const { tags } = this.#repositoryOf(deletions, "standing");
    return deletions.filter(({ tag }) => tags.has(tag));
  }

  #repositoryOf(deletions: readonly Deletion[], operation: string): MemoryRepository {
    const name = deletions[0]?.repository ?? "";
    if (deletions.length > 100) throw new Error(`${deletions.length} at once`);
    if (deletions.some(({ repository }) => repository !== name)) throw new Error("of several repositories");
    this.#called(`destination ${operation} ${name}`);
    return this.to.need(name, operation);
  }

  async #remove(deletions: readonly Deletion[]): Promise<Kept[]> {
    if (deletions.length === 0) return [];
    const { tags, parts } = this.#repositoryOf(deletions, "remove");
    return deletions.flatMap((deletion): Kept[] => {
      const standing = tags.get(deletion.tag);
      if (standing === undefined) return [];
      if (standing !== deletion.digest) return [{ ...deletion, reason: `the tag has moved to ${standing}` }];
      if (parts.has(standing)) return [{ ...deletion, reason: "it is part of an index" }];
      tags.delete(deletion.tag);
      return [];
    });
  }

  #called(call: string): void {
    const failing = [...this.failures].find(([begin]) => call.startsWith(begin));
    if (failing) throw failing[1];
    this.calls.push(call);
  }
}
