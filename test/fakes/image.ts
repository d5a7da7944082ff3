import type { Blob, Descriptor } from "../../core/model/descriptor.ts";
import { digestOf } from "../../core/model/digest.ts";

const docker = "application/vnd.docker";
const oci = "application/vnd.oci.image";

/** The media types of the two families of manifests. */
export const families = {
  docker: {
    manifest: `${docker}.distribution.manifest.v2+json`,
    index: `${docker}.distribution.manifest.list.v2+json`,
    config: `${docker}.container.image.v1+json`,
    layer: `${docker}.image.rootfs.diff.tar.gzip`,
  },
  oci: {
    manifest: `${oci}.manifest.v1+json`,
    index: `${oci}.index.v1+json`,
    config: `${oci}.config.v1+json`,
    layer: `${oci}.layer.v1.tar+gzip`,
  },
} as const;

/** One of the two families. */
export type Family = keyof typeof families;

/** A manifest and all that is under it, as bytes by digest. */
export interface Content {
  readonly root: Descriptor;
  readonly manifests: ReadonlyMap<string, Uint8Array>;
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

/** What an image is built of. */
export interface ImageShape {
  /** The bytes of each layer, base first. */
  readonly layers: readonly Uint8Array[];
  readonly family?: Family;
  readonly config?: Uint8Array;
  /** False leaves `mediaType` out of the manifest, as OCI allows. */
  readonly typed?: boolean;
  /** Descriptors of layers that no registry holds. */
  readonly foreign?: readonly object[];
  /** Further members of the manifest, such as `subject` or `artifactType`. */
  readonly also?: object;
}

/** Bytes that look random and are the same for the same size and seed. */
export function bytesOf(size: number, seed = 1): Uint8Array {
  let state = (seed * 2_654_435_761 + size + 1) >>> 0 || 1;
  return Uint8Array.from({ length: size }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 255;
  });
}

/** What addresses some bytes. */
export function blobOf(bytes: Uint8Array): Blob {
  return { digest: digestOf(bytes), size: bytes.length };
}

/** An image of layers of these sizes, different from those of every other seed. */
export function imageOf(sizes: readonly number[], seed = 1, family: Family = "oci"): Content {
  return image({ layers: sizes.map((size, position) => bytesOf(size, seed * 1_000 + position)), family });
}

/** An image with its config and layers. */
export function image(shape: ImageShape): Content {
  const { layers, family = "oci", typed = true, foreign = [], also } = shape;
  const types = families[family];
  const config = shape.config ?? new TextEncoder().encode(JSON.stringify({ layers: layers.map(digestOf) }));
  const body = {
    schemaVersion: 2,
    ...(typed ? { mediaType: types.manifest } : {}),
    config: { mediaType: types.config, ...blobOf(config) },
    layers: [...foreign, ...layers.map((layer) => ({ mediaType: types.layer, ...blobOf(layer) }))],
    ...also,
  };
  return content(body, types.manifest, { blobs: [config, ...layers], children: [] });
}

/** An index of these images or indexes, each entry with further members when they are given. */
export function index(
  children: readonly Content[],
  { family = "oci" as Family, entries = [] as readonly object[], typed = true } = {},
): Content {
  const types = families[family];
  const body = {
    schemaVersion: 2,
    ...(typed ? { mediaType: types.index } : {}),
    manifests: children.map(({ root }, position) => ({ ...root, ...entries[position] })),
  };
  return content(body, types.index, { blobs: [], children });
}

/** A two-platform index as BuildKit makes it, with the attestation of the first platform as its third entry. */
export function attestedIndex(): Content {
  const [amd64, arm64] = [imageOf([30, 7], 1), imageOf([30, 9], 2)];
  const attestation = image({
    layers: [bytesOf(12, 99)],
    also: { subject: amd64.root, artifactType: "application/vnd.docker.attestation.manifest.v1+json" },
  });
  const annotations = {
    "vnd.docker.reference.digest": amd64.root.digest,
    "vnd.docker.reference.type": "attestation-manifest",
  };
  return index([amd64, arm64, attestation], {
    entries: [
      { platform: { os: "linux", architecture: "amd64" } },
      { platform: { os: "linux", architecture: "arm64", variant: "v8" } },
      { platform: { os: "unknown", architecture: "unknown" }, annotations },
    ],
  });
}

/** An artifact: the empty config, which is also its only layer, and a type of its own. */
export function artifact(): Content {
  const empty = new TextEncoder().encode("{}");
  return image({ layers: [empty], config: empty, also: { artifactType: "application/vnd.example.sbom" } });
}

/** An index of an index of an index: as many as the depth says, around one image. */
export function nested(depth: number, inner: Content = imageOf([8])): Content {
  return depth === 0 ? inner : nested(depth - 1, index([inner]));
}

function content(
  body: object,
  mediaType: string,
  { blobs, children }: { blobs: readonly Uint8Array[]; children: readonly Content[] },
): Content {
  const bytes = new TextEncoder().encode(JSON.stringify(body, undefined, 3));
  const root = { mediaType, ...blobOf(bytes) };
  return {
    root,
    manifests: new Map([...children.flatMap(({ manifests }) => [...manifests]), [root.digest, bytes]]),
    blobs: new Map([
      ...children.flatMap((child) => [...child.blobs]),
      ...blobs.map((blob) => [digestOf(blob), blob] as const),
    ]),
  };
}
