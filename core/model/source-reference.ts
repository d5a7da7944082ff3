import type { Digest } from "./digest.ts";
import { type EcrImage, ecrReferenceForm, formatEcrImage, parseEcrImage } from "./reference.ts";
import {
  formatRegistryImage,
  parseRegistryImage,
  type RegistryImage,
  registryReferenceForm,
} from "./registry-reference.ts";
import { formatS3Object, parseS3Object, type S3Object, s3ReferenceForm } from "./s3-object.ts";

/** What an image is copied from. */
export type SourceReference =
  | ({ readonly kind: "ecr" } & EcrImage)
  | ({ readonly kind: "s3" } & S3Object)
  | ({ readonly kind: "registry" } & RegistryImage);

/** What a source looks like, for messages. */
export const sourceReferenceForm = `${ecrReferenceForm}, ${s3ReferenceForm} or ${registryReferenceForm}`;

/** A host of private ECR, also one that is written wrongly. */
const ecrHost = /^[^/]*\.dkr[.-]ecr/;

/** Reads the reference of a source. Throws RangeError saying what is wrong with it. */
export function parseSource(text: string): SourceReference {
  if (text.startsWith("s3://")) return { kind: "s3", ...parseS3Object(text) };
  return ecrHost.test(text)
    ? { kind: "ecr", ...parseEcrImage(text, ecrReferenceForm) }
    : { kind: "registry", ...parseRegistryImage(text) };
}

/** A source as text, for people; an image in a registry with the digest that it stood for. */
export function formatSource(source: SourceReference, digest: Digest): string {
  switch (source.kind) {
    case "s3":
      return formatS3Object(source);
    case "ecr":
      return formatEcrImage({ ...source, digest });
    case "registry":
      return formatRegistryImage({ ...source, digest });
  }
}

/** What stands for the image at the source: a digest, a tag, or a name in an archive, empty for its only image. */
export function referenceOf(source: SourceReference): string {
  return source.kind === "s3" ? (source.image ?? "") : (source.digest ?? source.tag ?? "latest");
}

/** The tag that an image has at the destination when none is given: undefined for an image by digest alone. */
export function defaultTag(source: SourceReference): string | undefined {
  if (source.kind !== "s3") return source.tag ?? (source.digest ? undefined : "latest");
  const { image = "" } = source;
  // A digest is given back as it is, to be seen to be no tag.
  if (image.includes("@")) return image.slice(image.indexOf("@"));
  return /:([^:/]+)$/.exec(image)?.[1] ?? "latest";
}
