import { Failure } from "../errors.ts";
import type { ListedNames } from "../ports.ts";
import { dependsOnName, fillDestination, keyPlaceholders } from "./destination-template.ts";
import { repositoryOf, tagOf } from "./image-name.ts";
import { formatEcrImage, isTag } from "./reference.ts";
import { destinationOf, type Request, sourceOf } from "./request.ts";
import { formatS3Object, type S3Object } from "./s3-object.ts";

/**
 * The most images of one archive, each under each of its names: one of forty tasks adds some 300 events to an
 * execution's history, which ends at 25,000, and what is said of each travels in a state of 256 KiB.
 */
export const maxImages = 50;

/**
 * The requests for each image that a request for an archive means, with source and destination in full. Where the
 * destination depends on an image's name, that is every image, under each of its names; else the only one.
 * Throws `RequestInvalid` when two images would go to one place or one to no possible place, and `UnsupportedImage`
 * when an image has no name that is needed, or there are too many.
 */
export function imageRequests(request: Request, images: readonly ListedNames[]): Request[] {
  const object = sourceOf(request);
  if (object.kind !== "s3") return [request];
  if (!dependsOnName(request.destination)) return [filled(request, object, undefined)];
  const named = images.flatMap(({ names }, image) => {
    const full = names.some(repositoryOf) ? names.filter(repositoryOf) : names;
    return full.map((name) => ({ image, request: filled(request, object, name) }));
  });
  checkNames(images, request.destination);
  if (named.length > maxImages) {
    throw failure(
      "UnsupportedImage",
      `the archive has ${named.length} images, counted by their names, and at most ${maxImages} are copied at once; name one of them, after '#'`,
    );
  }
  return distinct(named);
}

function filled(request: Request, object: S3Object, name: string | undefined): Request {
  const { bucket, key } = object;
  const values = { ...keyPlaceholders(key), ...(name !== undefined && { tag: tagOf(name) }) };
  const repository = name === undefined ? undefined : repositoryOf(name);
  const destination = fillDestination(request.destination, {
    ...values,
    ...(repository && { name: repository }),
  });
  const source = name === undefined ? request.source : formatS3Object({ bucket, key, image: name });
  const full = { ...request, source, destination };
  checkDestination(full);
  return full;
}

function checkDestination(request: Request): void {
  const { source, destination } = request;
  try {
    const { tag } = destinationOf(request);
    if (tag !== undefined && !isTag(tag)) throw new RangeError(`'${tag}', which is the image's tag, is none`);
  } catch (error) {
    const { message } = error as Error;
    throw failure("RequestInvalid", `destination: for ${source} it is ${destination}, but ${message}`);
  }
}

function checkNames(images: readonly ListedNames[], destination: string): void {
  const at = images.findIndex(({ names }) => names.length === 0);
  if (at < 0) return;
  const which = images.length === 1 ? "the image" : `image ${at + 1} of ${images.length}`;
  throw failure(
    "UnsupportedImage",
    `${which} in the archive has no name, and the destination, ${destination}, depends on it; give a destination without {name} and {tag}, or save the image under a name`,
  );
}

/** Two names may be one, as Docker understands them; two images cannot have one place. */
function distinct(named: readonly { image: number; request: Request }[]): Request[] {
  const byPlace = new Map<string, { image: number; request: Request }>();
  for (const each of named) {
    const place = formatEcrImage(destinationOf(each.request));
    const other = byPlace.get(place);
    if (other && other.image !== each.image) {
      throw failure(
        "RequestInvalid",
        `destination: ${other.request.source} and ${each.request.source} would both be ${place}; tell them apart with {name} and {tag}`,
      );
    }
    byPlace.set(place, other ?? each);
  }
  return [...byPlace.values()].map(({ request }) => request);
}

function failure(name: "RequestInvalid" | "UnsupportedImage", message: string): Failure {
  return new Failure(name, { side: "source", operation: "ListImages" }, message);
}
