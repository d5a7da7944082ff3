import { deleteImage } from "../ecr/delete-image.ts";
import { EcrError, invalidParameter } from "../ecr/errors.ts";
import type { OnImageAction } from "../ecr/image-action.ts";
import { findImage, type ImageId, tagPattern } from "../ecr/image-id.ts";
import { type Push, pushImage } from "../ecr/push-image.ts";
import type { Repository } from "../ecr/repository.ts";
import { textDigest } from "../ecr/text-digest.ts";
import type { Call, Reply } from "../http.ts";
import { RegistryError } from "./registry-error.ts";
import type { Route } from "./route.ts";

/** Longer ones are not read to their end. ECR counts 4,194,304 characters, of at most 4 bytes each. */
const largestManifest = 4 * 4_194_304;

/** GET and HEAD: the manifest as it is stored, if its media type is one that the client accepts. */
export async function serveManifest(call: Call, { of }: Route, repository: Repository): Promise<Reply> {
  const image = repository.images.get(digestOf(repository, of));
  if (!image || !accepts(call.headers["accept"], image.mediaType)) throw unknown(of);
  const headers = {
    "content-type": image.mediaType,
    "content-length": String(image.size),
    "docker-content-digest": image.digest,
  };
  return {
    status: 200,
    headers,
    body: call.method === "HEAD" ? undefined : repository.manifestText(image.digest),
  };
}

/** PUT: PutImage, but what is there already is no error. */
export async function putManifest(
  call: Call,
  { of }: Route,
  repository: Repository,
  onImageAction?: OnImageAction,
): Promise<Reply> {
  const text = await readText(call);
  const mediaType = call.headers["content-type"]?.split(";")[0]?.trim();
  push(repository, { text, mediaType, ...referenceOf(of) }, onImageAction);
  const digest = textDigest(text);
  const subject = repository.images.get(digest)?.subject;
  return {
    status: 201,
    headers: {
      // No Location, which the specification asks for: ECR sends none.
      "docker-content-digest": digest,
      "content-length": "0",
      ...(subject && { "oci-subject": subject }),
    },
  };
}

/** DELETE: BatchDeleteImage of one tag or digest. */
export async function deleteManifest(
  _call: Call,
  { of }: Route,
  repository: Repository,
  onImageAction?: OnImageAction,
): Promise<Reply> {
  const result = deleteImage(repository, idOf(of), onImageAction);
  if ("failure" in result) throw new EcrError(result.failure.failureCode, result.failure.failureReason);
  return { status: 202, headers: { "content-length": "0" } };
}

function push(repository: Repository, image: Push, onImageAction?: OnImageAction): void {
  try {
    pushImage(repository, image, onImageAction);
  } catch (error) {
    if (!(error instanceof EcrError && error.name === "ImageAlreadyExistsException")) throw error;
  }
}

function digestOf(repository: Repository, reference: string): string {
  const found = findImage(repository, idOf(reference));
  if ("failure" in found) throw unknown(reference);
  return found.digest;
}

function idOf(reference: string): ImageId {
  return reference.includes(":") ? { imageDigest: reference } : { imageTag: reference };
}

function referenceOf(reference: string): { digest: string } | { tag: string } {
  if (reference.includes(":")) return { digest: reference };
  if (tagPattern.test(reference)) return { tag: reference };
  throw invalidParameter("imageTag", `must satisfy regular expression '${tagPattern.source}'`);
}

function accepts(accept: string | undefined, mediaType: string): boolean {
  if (accept === undefined) return true;
  const accepted = accept.split(",").map((type) => type.split(";")[0]?.trim());
  return accepted.some((type) => type === mediaType || type === "*/*" || type === "application/*");
}

async function readText({ body }: Call): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > largestManifest) throw tooLong();
    chunks.push(chunk);
  }
  const text = decode(Buffer.concat(chunks));
  if (text.length > 4_194_304) throw tooLong();
  return text;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalidParameter("ImageManifest", "Invalid JSON syntax");
  }
}

function tooLong(): Error {
  return invalidParameter("imageManifest", "must have length less than or equal to 4194304");
}

function unknown(reference: string): RegistryError {
  return new RegistryError(404, "MANIFEST_UNKNOWN", `Requested image not found: ${reference}`);
}
