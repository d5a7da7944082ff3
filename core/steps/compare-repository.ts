import { eachAtOnce } from "../concurrently.ts";
import { Failure } from "../errors.ts";
import { subjectOfTag } from "../model/artifact-tag.ts";
import type { Listing } from "../model/listing.ts";
import { imageRequest, type Mapping, type RepositoryPair } from "../model/repository-rule.ts";
import type { Request } from "../model/request.ts";
import type { Run } from "../model/run.ts";
import { nameFilter, needsTimes, newestOf, sinceOf, type TagFilter } from "../model/tag-filter.ts";
import type { Catalog, Deletion, ListedImage, RuleSides } from "../ports.ts";

/** Takes what a comparison finds, as it finds it; waits while there is too much of it. */
export interface Findings {
  /**
   * An image that the destination does not have as the source has it. The first image of an empty repository is best
   * copied before the others are begun, which may have layers in common with it: each would send them.
   */
  copy(request: Request, isFirst: boolean): Promise<void>;
  /** A tag that the source no longer has, or the rule no longer selects. */
  remove(deletion: Deletion): Promise<void>;
}

/** How many images of one pair of repositories there are. */
export interface PairCounts
  extends Pick<Listing, "selected" | "inSync" | "differing" | "owned" | "deletions" | "kept"> {
  /** Whether the destination's repository has yet to be created. */
  readonly created: boolean;
}

/** What a comparison needs beside the pair. */
export interface Comparison {
  readonly run: Run;
  readonly mapping: Mapping;
  readonly sides: RuleSides;
  readonly now: Date;
  readonly findings: Findings;
}

/** How many tags are asked about at once, where listings do not say what they stand for. */
const asking = 16;

/**
 * Compares a repository with the one that it is copied to, by their listings alone; only of registries other than ECR,
 * and when some platforms are wanted, is each image looked at. Its memory grows with the tags of this one pair, some
 * 400 bytes for each. Throws what the two sides throw, and `RepositoryNotFound`.
 */
export async function compareRepository(pair: RepositoryPair, comparison: Comparison): Promise<PairCounts> {
  const standing = await readStanding(pair, comparison);
  const compared = new ComparedRepository(pair, comparison, standing);
  await compared.read();
  await compared.unsigned();
  await compared.prune();
  return { ...compared.counts, created: standing.absent !== undefined && compared.counts.selected > 0 };
}

/** What the destination's repository has: what each tag stands for, and what else there is. */
interface Standing {
  readonly tags: Map<string, string>;
  readonly digests: Set<string>;
  /** Why there is no such repository, if there is none. */
  readonly absent?: Failure;
}

async function readStanding(pair: RepositoryPair, { run, sides }: Comparison): Promise<Standing> {
  const standing = { tags: new Map<string, string>(), digests: new Set<string>() };
  const untagged = run.untagged === true;
  try {
    const catalog = sides.destinationCatalog(run);
    for await (const page of catalog.images(pair.destination, { untagged, details: false })) {
      for (const { tag, digest = "" } of page) {
        if (tag !== undefined) standing.tags.set(tag, packed(digest));
        if (untagged) standing.digests.add(packed(digest));
      }
    }
    return standing;
  } catch (error) {
    if (!(error instanceof Failure) || error.name !== "RepositoryNotFound") throw error;
    return { ...standing, absent: error };
  }
}

class ComparedRepository {
  readonly #pair: RepositoryPair;
  readonly #comparison: Comparison;
  readonly #standing: Standing;
  /** What the selected tags of the source stand for, as far as that was looked at. */
  readonly #selected = new Map<string, string>();
  readonly #archived = new Set<string>();
  /** What those tags of the source stand for that are too many or too old to be selected. */
  readonly #dropped = new Map<string, string | undefined>();
  /** The digests of the images that are selected without a tag, and that the destination has. */
  readonly #untagged = new Set<string>();
  /** What the artifacts refer to that the destination does not have under their tags. */
  readonly #unsigned = new Set<string>();
  readonly #named: (tag: string) => boolean;
  readonly counts = { selected: 0, inSync: 0, differing: 0, owned: 0, deletions: 0, kept: 0 };

  constructor(pair: RepositoryPair, comparison: Comparison, standing: Standing) {
    this.#pair = pair;
    this.#comparison = comparison;
    this.#standing = standing;
    this.#named = nameFilter(comparison.run.tags);
  }

  /** Goes through the source's images, and compares those that the rule selects. */
  async read(): Promise<void> {
    const { run, now, mapping } = this.#comparison;
    const { tags: filter, untagged = false } = run;
    const since = filter && sinceOf(filter, now);
    let newest: (ListedImage & { tag: string })[] = [];
    // What is archived is not copied, but neither is it gone.
    const details = (filter !== undefined && needsTimes(filter)) || run.prune !== undefined;
    for await (const page of this.#pages({ untagged, details: details && mapping.source.kind === "ecr" })) {
      this.#noteArchived(page);
      const active = page.filter(({ archived }) => archived !== true);
      // Where the rule says true, every image that it selects is copied again anyway.
      if (run.referrers === undefined) this.#noteArtifacts(active);
      const recent = active.filter(({ pushedAt }) => since === undefined || (pushedAt ?? 0) >= since);
      const tagged = recent.filter(isTagged).filter(({ tag }) => this.#isSelected(tag));
      if (run.prune !== undefined && filter) this.#noteNamed(active, filter);
      const others = recent.filter((image) => !isTagged(image));
      if (filter?.newest === undefined) await this.#compare([...tagged, ...others]);
      else {
        newest = newestOf([...newest, ...tagged], filter);
        await this.#compare(others);
      }
    }
    await this.#compare(newest);
  }

  /** Copies once more the images whose signatures and the like the destination does not have. */
  async unsigned(): Promise<void> {
    if (this.#unsigned.size === 0) return;
    for (const [tag, digest] of this.#selected) {
      if (this.#standing.tags.get(tag) === digest) await this.#copyUnsigned({ tag }, digest);
    }
    for (const digest of this.#untagged) await this.#copyUnsigned({ digest: unpacked(digest) }, digest);
  }

  async #copyUnsigned(image: ListedImage, digest: string): Promise<void> {
    if (!this.#unsigned.has(digest)) return;
    this.counts.inSync -= 1;
    await this.#copy(image, true);
  }

  /** Says what the rule owns at the destination and no longer selects. */
  async prune(): Promise<void> {
    const { run, findings } = this.#comparison;
    if (run.prune === undefined) return;
    const { protect = [] } = run.prune === true ? {} : run.prune;
    const isProtected = protect.length > 0 ? nameFilter({ include: protect }) : () => false;
    for (const [tag, digest] of this.#standing.tags) {
      if (!this.#isSelected(tag)) continue;
      this.counts.owned += 1;
      if (this.#selected.has(tag) || this.#archived.has(tag) || isProtected(tag)) continue;
      // The last tag of an image takes the image with it.
      if (this.#untagged.has(digest)) {
        this.counts.kept += 1;
        continue;
      }
      this.counts.deletions += 1;
      const deletion = { repository: this.#pair.destination, tag, digest: unpacked(digest) };
      await findings.remove({ ...deletion, ...this.#droppedFrom(tag) });
    }
  }

  #droppedFrom(tag: string): Pick<Deletion, "dropped"> {
    if (!this.#dropped.has(tag)) return {};
    const digest = this.#dropped.get(tag);
    return { dropped: digest === undefined ? {} : { digest: unpacked(digest) } };
  }

  /** Those that are selected in the end are noted in vain, and only where there is more to select by than the name. */
  #noteNamed(page: readonly ListedImage[], filter: TagFilter): void {
    if (filter.newest === undefined && filter.pushedSince === undefined) return;
    for (const { tag, digest } of page) {
      if (tag === undefined || !this.#isSelected(tag)) continue;
      this.#dropped.set(tag, digest === undefined ? undefined : packed(digest));
    }
  }

  #noteArchived(page: readonly ListedImage[]): void {
    for (const { tag, archived } of page) if (archived && tag !== undefined) this.#archived.add(tag);
  }

  /** A repository that only the destination still has is empty at the source. */
  async *#pages(wanted: Parameters<Catalog["images"]>[1]): AsyncIterable<readonly ListedImage[]> {
    if (this.#pair.gone) return;
    const { run, sides } = this.#comparison;
    yield* sides.sourceCatalog(run).images(this.#pair.source, wanted);
  }

  /** By its name alone; artifacts go along with what they refer to, and are not images of their own. */
  #isSelected(tag: string): boolean {
    return subjectOfTag(tag) === undefined && this.#named(tag);
  }

  #noteArtifacts(page: readonly ListedImage[]): void {
    for (const { tag = "", digest } of page) {
      // The index under the fallback tag is not copied: what it lists is, and refers to its subject by itself.
      const subject = tag.includes(".") ? subjectOfTag(tag) : undefined;
      const standing = this.#standing.tags.get(tag);
      if (subject && (standing === undefined || (digest !== undefined && standing !== packed(digest)))) {
        this.#unsigned.add(packed(subject));
      }
    }
  }

  async #compare(images: readonly ListedImage[]): Promise<void> {
    const { run, mapping } = this.#comparison;
    if (mapping.source.kind === "ecr" && run.platforms === undefined) {
      for (const image of images) await this.#compareWith(image, image.digest);
      return;
    }
    await eachAtOnce(asking, images, async (image) => {
      const wanted = await this.#wantedDigest(image);
      if (wanted !== "unwanted") await this.#compareWith(image, wanted);
    });
  }

  /** What the destination is to have for an image; undefined when only copying it can tell what is wrong with it. */
  async #wantedDigest(image: ListedImage): Promise<string | undefined> {
    const { run, mapping, sides } = this.#comparison;
    const request = imageRequest(run, mapping, this.#pair, image);
    try {
      return (await sides.source(request).resolve(image.tag ?? image.digest ?? "")).digest;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const { name, operation } = error;
      const ofImage = name === "UnsupportedImage" || name === "DigestMismatch" || name === "SourceNotFound";
      if (!ofImage) throw error;
      // What has no tag may be the part of an index for another platform, and so nobody's loss.
      return operation === "SelectPlatforms" && image.tag === undefined ? "unwanted" : undefined;
    }
  }

  async #compareWith(image: ListedImage, wanted: string | undefined): Promise<void> {
    this.counts.selected += 1;
    const { tag } = image;
    const { tags, digests } = this.#standing;
    const key = wanted === undefined ? "" : packed(wanted);
    if (tag !== undefined) this.#selected.set(tag, key);
    const isThere = tag === undefined ? digests.has(key) : tags.get(tag) === key;
    if (tag === undefined && isThere) this.#untagged.add(key);
    if (!isThere || this.#comparison.run.referrers === true) return this.#copy(image);
    this.counts.inSync += 1;
  }

  async #copy(image: ListedImage, referrers?: true): Promise<void> {
    const { run, mapping, findings } = this.#comparison;
    const { tags, digests, absent } = this.#standing;
    // One into which nothing is to be copied is missed by nobody.
    if (absent && run.createRepository === undefined) throw uncreated(absent);
    const isFirst = tags.size + digests.size + this.counts.differing === 0 && run.mode !== "plan";
    this.counts.differing += 1;
    const request = imageRequest(run, mapping, this.#pair, image);
    await findings.copy(referrers ? { ...request, referrers } : request, isFirst);
  }
}

function uncreated({ name, side, operation, message, cause }: Failure): Failure {
  const advice = `${message}; create it, or give the rule createRepository`;
  return new Failure(name, { ...(side && { side }), operation, cause }, advice);
}

function isTagged(image: ListedImage): image is ListedImage & { tag: string } {
  return image.tag !== undefined;
}

/** A digest as a text of half its length: there are as many of them as there are tags. */
function packed(digest: string): string {
  return Buffer.from(digest.slice("sha256:".length), "hex").toString("latin1");
}

function unpacked(digest: string): string {
  return `sha256:${Buffer.from(digest, "latin1").toString("hex")}`;
}
