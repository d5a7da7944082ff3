import { type Listing, noListing } from "./listing.ts";
import { addCounts, type BlobCounts, type ManifestCounts, type Report } from "./report.ts";
import type { CopiedImage, FailedImage } from "./run-report.ts";
import { shortened } from "./shortened.ts";

/** How one of a run's images ended: with its report, or with a failure. */
export type ImageOutcome = Report | FailedImage;

/** What the images of a run add up to, so far. It is small: it travels in state. */
export interface Totals {
  /** Of all comparisons so far; `after` and `waiting` are those of the last. */
  readonly listing: Listing;
  /** How many comparisons there were. */
  readonly rounds: number;
  /** Which of them, counted from 0, have found something to delete. */
  readonly pruning: readonly number[];
  /** The first repositories that were created. */
  readonly created: readonly string[];
  readonly copied: number;
  /** Found to be in sync only when they were looked at closely. */
  readonly inSync: number;
  readonly failed: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly manifests: ManifestCounts;
  readonly layers: BlobCounts;
  readonly tasks: number;
  readonly copiedImages: readonly CopiedImage[];
  readonly failedImages: readonly FailedImage[];
  readonly warnings: readonly string[];
}

/** How many images and warnings are told of, each shortened to some hundred bytes, since totals travel in state. */
const mostTold = 20;

/** In bytes of JSON: of a message that is told of beside others. */
const maxMessage = 400;

/** In bytes: of the name of the image that a warning is told of with. */
const mostOfName = 200;

/** The totals of a run that has begun. */
export function noTotals(): Totals {
  return {
    listing: noListing,
    rounds: 0,
    pruning: [],
    created: [],
    copied: 0,
    inSync: 0,
    failed: 0,
    failures: {},
    manifests: { copied: 0, present: 0 },
    layers: { copied: 0, present: 0, bytesCopied: 0, bytesPresent: 0 },
    tasks: 0,
    copiedImages: [],
    failedImages: [],
    warnings: [],
  };
}

/** Adds up totals, without copying what there was for each image that is added: a run may have 100,000. */
export class Tally {
  readonly #told: number;
  readonly #totals: { -readonly [Field in keyof Totals]: Totals[Field] } & {
    copiedImages: CopiedImage[];
    failedImages: FailedImage[];
  };

  /** `told` is how many images are told of by name. */
  constructor(totals: Totals, told = mostTold) {
    this.#told = told;
    const { copiedImages, failedImages } = totals;
    this.#totals = { ...totals, copiedImages: [...copiedImages], failedImages: [...failedImages] };
  }

  get totals(): Totals {
    return this.#totals;
  }

  /** Takes in a comparison. */
  listed(listing: Listing): void {
    const before = this.#totals.listing;
    if (listing.deletions > 0) this.#totals.pruning = [...this.#totals.pruning, this.#totals.rounds];
    this.#totals.rounds += 1;
    this.#totals.listing = {
      repositories: before.repositories + listing.repositories,
      selected: before.selected + listing.selected,
      inSync: before.inSync + listing.inSync,
      differing: before.differing + listing.differing,
      owned: before.owned + listing.owned,
      deletions: before.deletions + listing.deletions,
      kept: before.kept + listing.kept,
      created: this.#some([...before.created, ...listing.created]),
      failures: before.failures + listing.failures,
      errors: together(before.errors, listing.errors),
      failed: this.#some([...before.failed, ...listing.failed]).map(brief),
      warnings: this.#some([...before.warnings, ...listing.warnings]),
      ...(listing.waiting !== undefined && { waiting: listing.waiting }),
      ...(listing.after !== undefined && { after: listing.after }),
    };
    // In one process images are copied while others are compared.
    for (const image of this.#totals.copiedImages) this.#noteCreated(image);
  }

  /** Takes in how an image ended. */
  ended(outcome: ImageOutcome): void {
    if ("error" in outcome) this.#failed(outcome);
    else this.#reported(outcome);
  }

  #failed(image: FailedImage): void {
    const totals = this.#totals;
    totals.failed += 1;
    totals.failures = together(totals.failures, { [image.error]: 1 });
    if (totals.failedImages.length < this.#told) totals.failedImages.push(brief(image));
  }

  #reported({ status, source, destination, manifests, layers, tasks, warnings }: Report): void {
    const totals = this.#totals;
    totals.manifests = addCounts(totals.manifests, manifests);
    totals.layers = addCounts(totals.layers, layers);
    totals.tasks += tasks ?? 0;
    if (status === "InSync") totals.inSync += 1;
    else {
      totals.copied += 1;
      const image = { source, destination, bytes: layers.bytesCopied, ...(tasks !== undefined && { tasks }) };
      if (totals.copiedImages.length < this.#told) totals.copiedImages.push(image);
      this.#noteCreated(image);
    }
    for (const warning of warnings) {
      if (totals.warnings.length >= this.#told) return;
      const told = shortened(warning, maxMessage - mostOfName);
      // One that many images have in common is told of once, with the first.
      if (totals.warnings.some((each) => each.endsWith(`: ${told}`))) continue;
      totals.warnings = [...totals.warnings, `${shortened(destination, mostOfName)}: ${told}`];
    }
  }

  /** A repository that was absent has been created when an image is in it. */
  #noteCreated({ destination }: CopiedImage): void {
    const totals = this.#totals;
    const repository = totals.listing.created.find(
      (name) => destination === name || destination.startsWith(`${name}:`),
    );
    if (repository !== undefined && !totals.created.includes(repository)) {
      totals.created = [...totals.created, repository];
    }
  }

  #some<T>(items: readonly T[]): readonly T[] {
    return items.length > this.#told ? items.slice(0, this.#told) : items;
  }
}

function brief<T extends FailedImage>(image: T): T {
  return { ...image, message: shortened(image.message, maxMessage) };
}

/** The sums of what two counts have, each under its name. */
export function together(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  const sums = new Map(Object.entries(a));
  for (const [name, count] of Object.entries(b)) sums.set(name, (sums.get(name) ?? 0) + count);
  return Object.fromEntries(sums);
}
