import { Failure } from "../../core/errors.ts";
import type { Listing } from "../../core/model/listing.ts";
import { destinationOf, type Request, sourceOf } from "../../core/model/request.ts";
import type { Run } from "../../core/model/run.ts";
import type { ImageOutcome } from "../../core/model/totals.ts";
import type { Catalog, Deletion, Destination, Kept, RuleSides, Source } from "../../core/ports.ts";
import { type RunEnding, type RunSurroundings, replicateRule } from "../../core/replicate-rule.ts";
import type { Content } from "../fakes/image.ts";
import { MemoryDestination } from "../fakes/memory-destination.ts";
import { MemorySource } from "../fakes/memory-source.ts";

/** The two sides of a rule, whose images can be copied: repositories in memory, by their names. */
export class RuleStage implements RuleSides {
  readonly from = new Map<string, MemorySource>();
  readonly to = new Map<string, MemoryDestination>();
  /** The destinations that requests are given instead. */
  wrap: (destination: MemoryDestination, request: Request) => Destination = (destination) => destination;
  /** What the listing of a repository at the source fails with. */
  readonly unlisted = new Map<string, Failure>();
  readonly removed: Deletion[] = [];
  removal: (deletion: Deletion) => Kept | undefined = () => undefined;
  /** What was told, in order. */
  readonly told: string[] = [];
  bytes = 0;

  /** Adds an image at the source. */
  push(name: string, tag: string, content: Content): void {
    const source = this.from.get(name) ?? new MemorySource();
    this.from.set(name, source);
    source.add(content, tag);
  }

  /** Runs a rule to its end. */
  run(run: Run, also: Partial<RunSurroundings> = {}): Promise<RunEnding> {
    return replicateRule(run, this, {
      now: () => new Date("2026-03-01T10:00:00Z"),
      images: 3,
      workers: 2,
      watch: {
        found: () => this.told.push("found"),
        listed: ({ selected }: Listing) => this.told.push(`listed ${selected}`),
        took: (bytes) => {
          this.bytes += bytes;
        },
        ended: (outcome: ImageOutcome) => this.told.push("error" in outcome ? outcome.error : outcome.status),
        pruning: (tags) => this.told.push(`pruning ${tags}`),
      },
      ...also,
    });
  }

  source(request: Request): Source {
    const source = sourceOf(request);
    if (source.kind === "s3") throw new Error("an archive");
    return this.from.get(source.repository.name) ?? new MemorySource();
  }

  destination(request: Request): Destination {
    const { name } = destinationOf(request).repository;
    const found = this.to.get(name) ?? new MemoryDestination();
    this.to.set(name, found);
    return this.wrap(found, request);
  }

  sourceCatalog(): Catalog {
    return this.#catalog(this.from, (name) => this.unlisted.get(name));
  }

  destinationCatalog(): Catalog {
    return this.#catalog(this.to, () => undefined);
  }

  remover() {
    return {
      standing: async (deletions: readonly Deletion[]) => deletions,
      remove: async (deletions: readonly Deletion[]) => deletions.flatMap((each) => this.#remove(each)),
    };
  }

  #remove(deletion: Deletion): Kept[] {
    const kept = this.removal(deletion);
    if (kept) return [kept];
    this.removed.push(deletion);
    return [];
  }

  #catalog(
    repositories: ReadonlyMap<string, { readonly tags: ReadonlyMap<string, string> }>,
    failing: (name: string) => Failure | undefined,
  ): Catalog {
    return {
      repositories: async function* (prefix) {
        yield [...repositories.keys()].filter((name) => name.startsWith(prefix));
      },
      images: async function* (name) {
        const failure = failing(name);
        if (failure) throw failure;
        const found = repositories.get(name);
        if (!found) throw new Failure("RepositoryNotFound", { operation: "ListImages" }, `no ${name}`);
        for (const [tag, digest] of found.tags) yield [{ tag, digest }];
      },
    };
  }
}
