import { Failure, type FailureName } from "../../../core/errors.ts";
import type { Descriptor } from "../../../core/model/descriptor.ts";
import { digestOf, isDigest } from "../../../core/model/digest.ts";
import { maxManifestLength } from "../../../core/model/limits.ts";
import { acceptedTypes, schema1Types } from "../../../core/model/media-type.ts";
import { quoted } from "../../../core/model/quoted.ts";
import { formatRegistryRepository } from "../../../core/model/registry-reference.ts";
import type { HttpAnswer } from "./http.ts";
import { mediaTypeOf } from "./media-type.ts";
import type { Arrival } from "./redirects.ts";
import { refusal } from "./refusal.ts";
import type { Registry } from "./registry.ts";

/**
 * What a tag or digest stands for: asked for by HEAD, which Docker Hub does not count as a pull; by GET where the
 * registry does not know HEAD, or does not say digest and length there.
 * Throws `DigestMismatch` when it is not what was asked for by digest, and what `getManifest` throws.
 */
export async function headManifest(registry: Registry, reference: string): Promise<Descriptor> {
  const operation = "ResolveImage";
  const arrival = await ask(registry, "HEAD", reference, operation);
  const { answer } = arrival;
  if (answer.status !== 405 && answer.status !== 501) {
    if (answer.status !== 200) throw await refusal(arrival, { what: named(reference), operation }, registry);
    const described = descriptorOf(answer);
    if (described) return checked(described, reference, registry);
  }
  const { bytes, mediaType } = await get(registry, reference, operation);
  return checked({ mediaType, digest: digestOf(bytes), size: bytes.length }, reference, registry);
}

/**
 * The bytes of a manifest. Throws `SourceNotFound`, `AccessDenied`, `UnsupportedImage` for a manifest that is too long,
 * `DigestMismatch` when the registry says another digest than the bytes have, and `Unavailable` for a web page.
 */
export async function getManifest(registry: Registry, digest: string): Promise<Uint8Array> {
  return (await get(registry, digest, "ReadManifest")).bytes;
}

async function get(
  registry: Registry,
  reference: string,
  operation: string,
): Promise<{ bytes: Uint8Array; mediaType: string }> {
  const arrival = await ask(registry, "GET", reference, operation);
  const { answer, host } = arrival;
  const what = named(reference);
  if (answer.status !== 200) throw await refusal(arrival, { what, operation }, registry);
  const mediaType = mediaTypeOf(answer);
  const subject = `${what} in ${formatRegistryRepository(registry.repository)}`;
  const failure = (name: FailureName, message: string) =>
    new Failure(name, { side: "source", operation }, message);
  if (mediaType.includes("html")) {
    throw failure(
      "Unavailable",
      `${host} answers with ${quoted(mediaType)} in place of ${subject}; is it a registry?`,
    );
  }
  const encoding = answer.headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity") {
    throw failure("Unavailable", `${host} sends ${subject} as ${quoted(encoding)}, which was not asked for`);
  }
  if (answer.cut) {
    throw failure(
      "UnsupportedImage",
      `${subject} has more than ${maxManifestLength} bytes, the most that Amazon ECR takes`,
    );
  }
  const [said, actual] = [answer.headers.get("docker-content-digest") ?? "", digestOf(answer.body)];
  if (isDigest(said) && said !== actual && !schema1Types.includes(mediaType)) {
    throw failure(
      "DigestMismatch",
      `${host} says that ${subject} has the digest ${said}, and sends ${actual}`,
    );
  }
  return { bytes: answer.body, mediaType };
}

function ask(
  registry: Registry,
  method: "GET" | "HEAD",
  reference: string,
  operation: string,
): Promise<Arrival<HttpAnswer>> {
  const [path, accept] = [`manifests/${reference}`, acceptedTypes.join(", ")];
  return registry.ask({ method, path, accept, limit: maxManifestLength, operation });
}

/** What the headers say, or undefined when something is missing that they should say. */
function descriptorOf(answer: HttpAnswer): Descriptor | undefined {
  const digest = answer.headers.get("docker-content-digest") ?? "";
  const length = answer.headers.get("content-length") ?? "";
  const mediaType = mediaTypeOf(answer);
  const usable = isDigest(digest) && /^[1-9]\d{0,14}$/.test(length) && acceptedTypes.includes(mediaType);
  return usable ? { mediaType, digest, size: Number(length) } : undefined;
}

function checked(described: Descriptor, reference: string, registry: Registry): Descriptor {
  const { digest, size, mediaType } = described;
  const where = { side: "source", operation: "ResolveImage" } as const;
  const subject = `${named(reference)} in ${formatRegistryRepository(registry.repository)}`;
  // Docker's first manifest format has a digest that is not that of its bytes, and is refused by name later.
  if (isDigest(reference) && digest !== reference && !schema1Types.includes(mediaType)) {
    throw new Failure(
      "DigestMismatch",
      where,
      `${subject} has the digest ${digest} by the registry's answer`,
    );
  }
  if (size > maxManifestLength) {
    throw new Failure(
      "UnsupportedImage",
      where,
      `${subject} has ${size} bytes, and Amazon ECR takes at most ${maxManifestLength}`,
    );
  }
  return described;
}

function named(reference: string): string {
  return isDigest(reference) ? `manifest ${reference}` : `tag '${reference}'`;
}
