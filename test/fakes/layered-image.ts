import { gzipSync, zstdCompressSync } from "node:zlib";
import { digestOf } from "../../core/model/digest.ts";
import type { FoundLayer } from "../../core/model/making.ts";
import { blobOf, type Content, type Family, families, image } from "./image.ts";

/** How a layer's blob is compressed. */
export type Packing = FoundLayer["compression"];

/** A layer as an image holds it. */
export interface PackedLayer {
  readonly bytes: Uint8Array;
  /** What a search by diff_id is to say of it. */
  readonly found: FoundLayer;
}

const pack: Record<Packing, (data: Uint8Array, level: number) => Uint8Array> = {
  gzip: (data, level) => gzipSync(data, { level }),
  zstd: (data) => zstdCompressSync(data),
  none: (data) => data,
};
const layerTypes: Record<Family, Record<Packing, string>> = {
  docker: {
    gzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
    zstd: "application/vnd.docker.image.rootfs.diff.tar.zstd",
    none: "application/vnd.docker.image.rootfs.diff.tar",
  },
  oci: {
    gzip: "application/vnd.oci.image.layer.v1.tar+gzip",
    zstd: "application/vnd.oci.image.layer.v1.tar+zstd",
    none: "application/vnd.oci.image.layer.v1.tar",
  },
};

/** A layer of some data; another level makes another blob of it. */
export function packed(data: Uint8Array, compression: Packing = "gzip", level = 6): PackedLayer {
  const bytes = pack[compression](data, level);
  return { bytes, found: { diffId: digestOf(data), ...blobOf(bytes), compression } };
}

/** What an image of packed layers may be beside them; without a config, one that fits is made. */
export interface LayeredShape {
  readonly family?: Family;
  readonly config?: string;
  /** The media type of the config. */
  readonly configType?: string;
  readonly typed?: boolean;
  /** A descriptor in front of the layers, such as one of a layer that is kept elsewhere. */
  readonly first?: object;
}

/** A config that lists these diff_ids. */
export function configText(diffIds: readonly unknown[]): string {
  return JSON.stringify({
    architecture: "arm64",
    os: "linux",
    rootfs: { type: "layers", diff_ids: diffIds },
  });
}

/** An image of layers in any compression, whose config lists their diff_ids. */
export function layeredImage(layers: readonly PackedLayer[], shape: LayeredShape = {}): Content {
  const { family = "oci", typed = true, first, configType = families[family].config } = shape;
  const config = Buffer.from(shape.config ?? configText(layers.map(({ found }) => found.diffId)));
  const listed = layers.map(({ found: { digest, size, compression } }) => ({
    mediaType: layerTypes[family][compression],
    digest,
    size,
  }));
  return image({
    layers: layers.map(({ bytes }) => bytes),
    family,
    config,
    typed,
    also: {
      config: { mediaType: configType, ...blobOf(config) },
      layers: first ? [first, ...listed] : listed,
    },
  });
}
