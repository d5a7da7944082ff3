import type { Manifest } from "./manifest.ts";
import { Uses } from "./uses.ts";

/** A manifest as the repository keeps it, without its text. */
export interface Image extends Manifest {
  readonly digest: string;
  /** Bytes of the manifest. */
  readonly size: number;
  /** Epoch milliseconds. */
  readonly pushedAt: number;
}

/** One thing that happened to the images of a repository. */
export type ImageChange =
  | { readonly put: Image }
  | { readonly tag: string; readonly digest: string }
  | { readonly untag: string }
  | { readonly remove: string };

/** The images of one repository and their tags, as the sum of what happened to them. */
export class Images {
  readonly #images = new Map<string, Image>();
  readonly #digests = new Map<string, string>();
  readonly #tags = new Map<string, Set<string>>();
  readonly #layerUses = new Uses();
  readonly #childUses = new Uses();

  apply(change: ImageChange): void {
    if ("put" in change) this.#put(change.put);
    else if ("tag" in change) this.#tag(change.tag, change.digest);
    else if ("untag" in change) this.#untag(change.untag);
    else this.#remove(change.remove);
  }

  get count(): number {
    return this.#images.size;
  }

  all(): Iterable<Image> {
    return this.#images.values();
  }

  get(digest: string): Image | undefined {
    return this.#images.get(digest);
  }

  digestOf(tag: string): string | undefined {
    return this.#digests.get(tag);
  }

  /** Every tag of the repository, in no particular order. */
  tags(): Iterable<string> {
    return this.#digests.keys();
  }

  tagsOf(digest: string): string[] {
    return [...(this.#tags.get(digest) ?? [])];
  }

  /** Whether some manifest names this layer or config. */
  usesLayer(digest: string): boolean {
    return this.#layerUses.has(digest);
  }

  /** Whether some index names this image. */
  usesChild(digest: string): boolean {
    return this.#childUses.has(digest);
  }

  /** The indexes that name this image. */
  parentsOf(digest: string): Image[] {
    return [...this.all()].filter(({ children }) => children.some((child) => child.digest === digest));
  }

  /** The images whose subject this digest is, by digest. */
  referrersOf(digest: string): Image[] {
    const referrers = [...this.all()].filter(({ subject }) => subject === digest);
    return referrers.sort((one, other) => (one.digest < other.digest ? -1 : 1));
  }

  #put(image: Image): void {
    this.#images.set(image.digest, image);
    this.#layerUses.add(image.layers);
    this.#childUses.add(image.children);
  }

  #tag(tag: string, digest: string): void {
    this.#untag(tag);
    this.#digests.set(tag, digest);
    this.#tags.set(digest, (this.#tags.get(digest) ?? new Set()).add(tag));
  }

  #untag(tag: string): void {
    this.#tags.get(this.#digests.get(tag) ?? "")?.delete(tag);
    this.#digests.delete(tag);
  }

  #remove(digest: string): void {
    const image = this.#images.get(digest);
    if (!image) return;
    for (const tag of this.tagsOf(digest)) this.#untag(tag);
    this.#tags.delete(digest);
    this.#images.delete(digest);
    this.#layerUses.remove(image.layers);
    this.#childUses.remove(image.children);
  }
}
