import { z } from "zod";
import { invalidParameter } from "./errors.ts";
import type { Quotas } from "./quota.ts";

/** The media types that are stored as an image with layers. */
export const imageTypes: readonly string[] = [
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
];

/** The media types that are stored as a list of images. */
export const indexTypes: readonly string[] = [
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.index.v1+json",
];

/** What a manifest says of a thing it names; `size` is in bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** What is kept of a manifest's content. */
export interface Manifest {
  readonly mediaType: string;
  /** The config's media type; an index has none. */
  readonly configType?: string;
  /** The config and the layers that the repository must have: foreign and nondistributable ones are left out. */
  readonly layers: readonly Descriptor[];
  /** The images of an index. */
  readonly children: readonly Descriptor[];
  /** Digest of the image that this one is about. */
  readonly subject?: string;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

const descriptor = z.object({
  mediaType: z.string().min(1),
  digest: z.string().regex(/^[a-zA-Z0-9_+.-]+:[a-fA-F0-9]+$/),
  size: z.number().int().min(0),
  urls: z.array(z.string()).optional(),
});
const about = {
  schemaVersion: z.literal(2),
  subject: descriptor.optional(),
  artifactType: z.string().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
};
const imageBody = z.object({ ...about, config: descriptor, layers: z.array(descriptor) });
const indexBody = z.object({
  ...about,
  manifests: z.array(
    descriptor.refine(({ mediaType }) => imageTypes.includes(mediaType) || indexTypes.includes(mediaType)),
  ),
});

/**
 * Reads a manifest as PutImage does: Docker v2 and OCI v1 only.
 * Throws InvalidParameterException, which says `Invalid JSON syntax` for anything that ECR cannot model.
 */
export function parseManifest(text: string, declaredType: string | undefined, quotas: Quotas): Manifest {
  const json = parseJson(text);
  const mediaType = agreedMediaType(json, declaredType);
  if (imageTypes.includes(mediaType)) return readImage(mediaType, json, quotas);
  if (indexTypes.includes(mediaType)) return readIndex(mediaType, json);
  throw invalidSyntax();
}

function parseJson(text: string): { mediaType?: string } {
  try {
    return z.looseObject({ mediaType: z.string().optional() }).parse(JSON.parse(text));
  } catch {
    throw invalidSyntax();
  }
}

function agreedMediaType(json: { mediaType?: string }, declaredType: string | undefined): string {
  const mediaType = json.mediaType ?? declaredType;
  if (mediaType === undefined) throw invalidSyntax();
  if (declaredType !== undefined && declaredType !== mediaType) {
    throw invalidParameter("imageManifestMediaType", `must equal the manifest's mediaType ${mediaType}`);
  }
  return mediaType;
}

function readImage(mediaType: string, json: unknown, quotas: Quotas): Manifest {
  const body = read(imageBody, json);
  if (body.layers.length === 0) throw invalidParameter("ImageManifest", "Image has to have at least 1 layer");
  if (body.layers.length > quotas.layersPerImage) {
    throw invalidParameter("ImageManifest", `Image has to have at most ${quotas.layersPerImage} layers`);
  }
  const layers = [body.config, ...body.layers.filter((layer) => !isElsewhere(layer))].map(bare);
  return { mediaType, configType: body.config.mediaType, layers, children: [], ...described(body) };
}

function readIndex(mediaType: string, json: unknown): Manifest {
  const body = read(indexBody, json);
  if (body.manifests.length === 0)
    throw invalidParameter("ImageManifest", "Image list has to have at least 1 image");
  return { mediaType, layers: [], children: body.manifests.map(bare), ...described(body) };
}

function read<Body>(shape: z.ZodType<Body>, json: unknown): Body {
  const { data, success } = shape.safeParse(json);
  if (!success) throw invalidSyntax();
  return data;
}

function described(body: z.infer<typeof imageBody> | z.infer<typeof indexBody>): Partial<Manifest> {
  return { subject: body.subject?.digest, artifactType: body.artifactType, annotations: body.annotations };
}

function bare({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}

function isElsewhere({ mediaType, urls }: z.infer<typeof descriptor>): boolean {
  if (mediaType.startsWith("application/vnd.oci.image.layer.nondistributable.")) return true;
  return mediaType.startsWith("application/vnd.docker.image.rootfs.foreign.diff.") && (urls ?? []).length > 0;
}

function invalidSyntax(): Error {
  return invalidParameter("ImageManifest", "Invalid JSON syntax");
}
