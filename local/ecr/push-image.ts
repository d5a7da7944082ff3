import { EcrError, invalidParameter, limitExceeded } from "./errors.ts";
import { imageAction, type OnImageAction } from "./image-action.ts";
import type { Image } from "./images.ts";
import { type Descriptor, parseManifest } from "./manifest.ts";
import type { Repository } from "./repository.ts";
import { isImmutable } from "./tag-mutability.ts";
import { textDigest } from "./text-digest.ts";

/** A manifest to be put, with what its sender says of it. */
export interface Push {
  /** The manifest's exact text: its UTF-8 bytes are what the digest is of. */
  readonly text: string;
  readonly mediaType?: string;
  readonly digest?: string;
  readonly tag?: string;
}

/** Puts a manifest into a repository by the rules of PutImage, whose errors it throws; all or nothing. */
export function pushImage(repository: Repository, push: Push, onImageAction?: OnImageAction): Image {
  const manifest = parseManifest(push.text, push.mediaType, repository.quotas);
  const image: Image = {
    ...manifest,
    digest: textDigest(push.text),
    size: Buffer.byteLength(push.text),
    pushedAt: Date.now(),
  };
  refuseOtherDigest(repository, image, push.digest);
  refuseMissingLayers(repository, image);
  refuseMissingChildren(repository, image);
  refuseOldNews(repository, image, push.tag);
  refuseMovingTag(repository, push.tag);
  refuseTooMany(repository, image, push.tag);
  if (!repository.images.get(image.digest)) repository.addImage(image, push.text);
  if (push.tag !== undefined) repository.change({ tag: push.tag, digest: image.digest });
  onImageAction?.(imageAction("PUSH", repository.key, image, push.tag));
  return image;
}

function refuseOtherDigest({ key }: Repository, { digest }: Image, claimed: string | undefined): void {
  if (claimed === undefined || claimed === digest) return;
  throw new EcrError(
    "ImageDigestDoesNotMatchException",
    `The image with digest '${claimed}' in repository '${key.name}' and registry ID '${key.account}' does not match the image digest that Amazon ECR has calculated.`,
  );
}

function refuseMissingLayers({ key, layers }: Repository, image: Image): void {
  const missing = image.layers.filter(({ digest }) => !layers.has(digest));
  if (missing.length > 0) {
    throw new EcrError(
      "LayersNotFoundException",
      `Layers with digests '[${distinct(missing)}]' required for pushing image into repository with name '${key.name}' in the registry with id '${key.account}' do not exist`,
    );
  }
  refuseWrongSizes(image.layers, (digest) => layers.get(digest));
}

function refuseMissingChildren({ key, images }: Repository, image: Image): void {
  const missing = image.children.filter(({ digest }) => !images.get(digest));
  if (missing.length > 0) {
    throw new EcrError(
      "ReferencedImagesNotFoundException",
      `Images with digests '[${distinct(missing)}]' required for pushing image into repository with name '${key.name}' in the registry with id '${key.account}' do not exist`,
    );
  }
  refuseWrongSizes(image.children, (digest) => images.get(digest)?.size);
}

// Not known of ECR: clients cannot pull such an image, so it must be a bug of whoever pushes it here.
function refuseWrongSizes(
  named: readonly Descriptor[],
  sizeOf: (digest: string) => number | undefined,
): void {
  const wrong = named.find(({ digest, size }) => sizeOf(digest) !== size);
  if (!wrong) return;
  throw invalidParameter(
    "ImageManifest",
    `the size of ${wrong.digest} must be ${sizeOf(wrong.digest)} instead of ${wrong.size}`,
  );
}

function refuseOldNews({ key, images }: Repository, { digest }: Image, tag: string | undefined): void {
  const known = tag === undefined ? images.get(digest) !== undefined : images.digestOf(tag) === digest;
  if (!known) return;
  const tagged = tag === undefined ? "" : ` and tag '${tag}'`;
  throw new EcrError(
    "ImageAlreadyExistsException",
    `Image with digest '${digest}'${tagged} already exists in the repository with name '${key.name}' in registry with id '${key.account}'`,
  );
}

function refuseMovingTag({ key, images, settings }: Repository, tag: string | undefined): void {
  if (tag === undefined || images.digestOf(tag) === undefined) return;
  const { imageTagMutability, imageTagMutabilityExclusionFilters = [] } = settings;
  if (!isImmutable(imageTagMutability, imageTagMutabilityExclusionFilters, tag)) return;
  throw new EcrError(
    "ImageTagAlreadyExistsException",
    `The image tag '${tag}' already exists in the '${key.name}' repository and cannot be overwritten because the repository is immutable.`,
  );
}

function refuseTooMany({ images, quotas }: Repository, { digest }: Image, tag: string | undefined): void {
  if (!images.get(digest) && images.count >= quotas.imagesPerRepository) {
    throw limitExceeded("images in a repository", quotas.imagesPerRepository);
  }
  if (tag !== undefined && images.tagsOf(digest).length >= quotas.tagsPerImage) {
    throw limitExceeded("tags of an image", quotas.tagsPerImage);
  }
}

function distinct(named: readonly Descriptor[]): string {
  return [...new Set(named.map(({ digest }) => digest))].join(", ");
}
