import type { Blob, Descriptor } from "../model/descriptor.ts";
import { maxManifestLength } from "../model/limits.ts";
import type { MadeLayer, RawLayer } from "../model/making.ts";
import { parseManifest } from "../model/manifest.ts";
import { imageTypes, indexTypes } from "../model/media-type.ts";
import { quoted } from "../model/quoted.ts";
import type { Referrer } from "../model/referrer.ts";
import type { Listing, Packed, Root, Source } from "../ports.ts";
import { formatPlatform, matches, type Platform } from "./platform.ts";
import { noPlatform, readPlatform, type Subset, subsetOf } from "./subset.ts";

/** A source of which only some platforms are wanted: what stands for an index is the part of it that is for them. */
export class PlatformSource implements Source {
  readonly #source: Source;
  readonly #platforms: readonly Platform[];
  /** The index that the root is a part of. */
  #index: Descriptor | undefined;
  #subset: Promise<Subset> | undefined;
  #attestations = 0;

  /** `index` is the index that an earlier step has found, of which a smaller one was made. */
  constructor(source: Source, platforms: readonly Platform[], index?: Descriptor) {
    this.#source = source;
    this.#platforms = platforms;
    this.#index = index;
  }

  async packed(): Promise<Packed | undefined> {
    return this.#source.packed?.();
  }

  async list(): Promise<Listing | undefined> {
    return this.#source.list?.();
  }

  async prepare(made: readonly MadeLayer[]): Promise<RawLayer[]> {
    return (await this.#source.prepare?.(made)) ?? [];
  }

  async resolve(reference: string): Promise<Root> {
    const root = await this.#source.resolve(reference);
    const { mediaType, digest, size } = root;
    if (!indexTypes.includes(mediaType)) {
      await this.#checkImage(root);
      return root;
    }
    const subset = await this.#select({ mediaType, digest, size });
    if (subset.root.digest === digest) return root;
    this.#index = { mediaType, digest, size };
    this.#subset = Promise.resolve(subset);
    this.#attestations = subset.attestations ?? 0;
    return { ...subset.root, pin: { ...root.pin, index: { mediaType, digest, size } } };
  }

  /** Also that the image has another digest than the source's, where it is only a part of that. */
  warnings(): string[] {
    const wanted = this.#platforms.map(formatPlatform).join(", ");
    const own = this.#index
      ? [
          `only the part of ${this.#index.digest} for ${wanted} is copied, so its digest is another than the source's`,
        ]
      : [];
    const behind = this.#attestations
      ? [
          `${this.#attestations} attestations of the index are left behind, since a single platform is put without an index`,
        ]
      : [];
    return [...own, ...behind, ...(this.#source.warnings?.() ?? [])];
  }

  /** What refers to the whole index stays behind: it says nothing of a part. */
  async referrers(subject: Descriptor): Promise<readonly Referrer[]> {
    const { root, bytes } = (await this.#part()) ?? {};
    const own = bytes && root?.digest === subject.digest ? [] : await this.#source.referrers?.(subject);
    if (!this.#index || root?.digest !== subject.digest) return own ?? [];
    const refused = `it is of the whole index, ${this.#index.digest}, of which only some platforms are copied`;
    const ofIndex = (await this.#source.referrers?.(this.#index)) ?? [];
    return [...(own ?? []), ...ofIndex.map((referrer) => ({ ...referrer, refused }))];
  }

  async readManifest(manifest: Descriptor): Promise<Uint8Array> {
    const { root, bytes } = (await this.#part()) ?? {};
    return bytes && root?.digest === manifest.digest ? bytes : this.#source.readManifest(manifest);
  }

  readBlob(blob: Blob, from: number): AsyncIterable<Uint8Array> {
    return this.#source.readBlob(blob, from);
  }

  /** The part of the index, read when it is first needed: a layer is copied without it. */
  #part(): Promise<Subset> | undefined {
    if (this.#index) this.#subset ??= this.#select(this.#index);
    return this.#subset;
  }

  async #select(index: Descriptor): Promise<Subset> {
    const manifest = parseManifest(await this.#source.readManifest(index), index);
    return subsetOf(manifest, this.#platforms);
  }

  /** An image that is in no index tells in its config what it is for; of an archive's it may be all there is so far. */
  async #checkImage(image: Descriptor): Promise<void> {
    const config = imageTypes.includes(image.mediaType)
      ? parseManifest(await this.#source.readManifest(image), image).blobs[0]
      : image;
    const platform = readPlatform(await this.#readConfig(config));
    const has = platform ? quoted(formatPlatform(platform)) : "none that its config tells";
    for (const wanted of this.#platforms) {
      if (!platform || !matches(wanted, platform)) throw noPlatform(image, wanted, has);
    }
  }

  async #readConfig(config: Blob | undefined): Promise<unknown> {
    if (!config || config.size > maxManifestLength) return undefined;
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#source.readBlob(config, 0)) chunks.push(Uint8Array.from(chunk));
    try {
      return JSON.parse(Buffer.concat(chunks).toString("utf8"));
    } catch {
      return undefined;
    }
  }
}
