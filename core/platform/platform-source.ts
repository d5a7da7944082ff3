import type { Blob, Descriptor } from "../model/descriptor.ts";
import { maxManifestLength } from "../model/limits.ts";
import { parseManifest } from "../model/manifest.ts";
import { indexTypes } from "../model/media-type.ts";
import { quoted } from "../model/quoted.ts";
import type { Root, Source } from "../ports.ts";
import { formatPlatform, matches, type Platform } from "./platform.ts";
import { noPlatform, readPlatform, type Subset, subsetOf } from "./subset.ts";

/** A source of which only some platforms are wanted: what stands for an index is the part of it that is for them. */
export class PlatformSource implements Source {
  readonly #source: Source;
  readonly #platforms: readonly Platform[];
  #subset: Promise<Subset> | undefined;

  /** `index` is the index that an earlier step has found, of which a smaller one was made. */
  constructor(source: Source, platforms: readonly Platform[], index?: Descriptor) {
    this.#source = source;
    this.#platforms = platforms;
    if (index) this.#subset = this.#select(index);
    // Whoever reads from it hears what went wrong.
    this.#subset?.catch(() => {});
  }

  async resolve(reference: string): Promise<Root> {
    const root = await this.#source.resolve(reference);
    const { mediaType, digest, size } = root;
    if (!indexTypes.includes(mediaType)) {
      await this.#checkImage(root);
      return root;
    }
    this.#subset = this.#select({ mediaType, digest, size });
    const subset = await this.#subset;
    if (subset.root.digest === digest) return root;
    return { ...subset.root, pin: { ...root.pin, index: { mediaType, digest, size } } };
  }

  async readManifest(manifest: Descriptor): Promise<Uint8Array> {
    const { root, bytes } = (await this.#subset) ?? {};
    return bytes && root?.digest === manifest.digest ? bytes : this.#source.readManifest(manifest);
  }

  readBlob(blob: Blob, from: number): AsyncIterable<Uint8Array> {
    return this.#source.readBlob(blob, from);
  }

  async #select(index: Descriptor): Promise<Subset> {
    const manifest = parseManifest(await this.#source.readManifest(index), index);
    return subsetOf(manifest, this.#platforms);
  }

  /** An image that is in no index tells in its config what it is for. */
  async #checkImage(image: Descriptor): Promise<void> {
    const { blobs } = parseManifest(await this.#source.readManifest(image), image);
    const platform = readPlatform(await this.#readConfig(blobs[0]));
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
