import { Failure } from "../../core/errors.ts";
import type { Descriptor } from "../../core/model/descriptor.ts";
import { type Digest, digestOf } from "../../core/model/digest.ts";
import { maxManifestLength } from "../../core/model/limits.ts";
import { indexTypes } from "../../core/model/media-type.ts";
import { cosignTags, fallbackTag, maxReferrers, type Referrer } from "../../core/model/referrer.ts";
import { listedReferrers } from "../../core/model/referrer-index.ts";
import { formatRegistryRepository } from "../../core/model/registry-reference.ts";
import { getManifest, headManifest } from "../clients/registry/manifest.ts";
import { mediaTypeOf } from "../clients/registry/media-type.ts";
import { nextPage, nextQuery } from "../clients/registry/next-page.ts";
import { refusal } from "../clients/registry/refusal.ts";
import type { Registry } from "../clients/registry/registry.ts";
import type { MissedArtifacts } from "./missed-artifacts.ts";

const operation = "ListReferrers";
/** The type of what the API answers (OCI distribution-spec, "Listing Referrers"). */
const listType = "application/vnd.oci.image.index.v1+json";
/** The most pages of one list: registries give a hundred entries or more in each. */
const maxPages = 10;

/**
 * The artifacts that refer to a manifest in a registry: those that its API lists, or, where it has none, those of the
 * index under the fallback tag; and those under cosign's tags. What the registry refuses to show is told as missed.
 * Throws `Throttled` and `Unavailable`.
 */
export async function registryReferrers(
  registry: Registry,
  { digest }: Descriptor,
  missed: MissedArtifacts,
): Promise<Referrer[]> {
  const list = async () => (await byApi(registry, digest, missed)) ?? byFallback(registry, digest, missed);
  const signed = cosignTags(digest).map((tag) => byTag(registry, tag, missed));
  return (await Promise.all([list(), ...signed])).flat();
}

/** Undefined where the registry has no such API: it is then asked for the fallback tag. */
async function byApi(
  registry: Registry,
  subject: Digest,
  missed: MissedArtifacts,
): Promise<Referrer[] | undefined> {
  const found: Referrer[] = [];
  let query = "";
  for (let pages = 0; pages < maxPages; pages++) {
    const asked = `referrers/${subject}${query}`;
    const page = await unlessRefused(() => readPage(registry, asked), missed);
    if (!page && pages === 0) return undefined;
    found.push(...(page?.referrers ?? []));
    if (found.length > maxReferrers || (page && page.link === undefined)) return found;
    const next = page?.link && nextQuery(page.link, page.host, `referrers/${subject}`);
    if (next === undefined) break;
    query = next;
  }
  missed.add(`${formatRegistryRepository(registry.repository)} does not give the whole list of artifacts`);
  return found;
}

/** A part of a list, and where its host says that the next one is. */
interface Page {
  readonly referrers: readonly Referrer[];
  readonly host: string;
  readonly link?: string;
}

/** Registries without the API answer in many ways: anything but an index is taken for that. */
async function readPage(registry: Registry, path: string): Promise<Page | undefined> {
  const asked = { method: "GET", path, accept: listType, limit: maxManifestLength, operation } as const;
  const arrival = await registry.ask(asked);
  const { answer, host, own } = arrival;
  const what = "the list of artifacts";
  if (own && (answer.status === 401 || answer.status === 403)) {
    throw await refusal(arrival, { what, operation }, registry);
  }
  if (answer.status !== 200 || mediaTypeOf(answer) !== listType) return undefined;
  if (answer.cut) {
    const message = `${host} sends ${what} in pages of more than ${maxManifestLength} bytes`;
    throw new Failure("UnsupportedImage", { side: "source", operation }, message);
  }
  const referrers = listedReferrers(answer.body);
  return referrers && { referrers, host, link: nextPage(answer) };
}

async function byFallback(registry: Registry, subject: Digest, missed: MissedArtifacts): Promise<Referrer[]> {
  const [index] = await byTag(registry, fallbackTag(subject), missed);
  if (!index || !indexTypes.includes(index.mediaType)) return [];
  const bytes = await unlessRefused(() => getManifest(registry, index.digest), missed);
  const listed = bytes && digestOf(bytes) === index.digest ? listedReferrers(bytes) : undefined;
  return listed ?? [{ ...index, refused: "it is not the index of artifacts that it says it is" }];
}

async function byTag(registry: Registry, tag: string, missed: MissedArtifacts): Promise<Referrer[]> {
  // HEAD is no pull where pulls are counted.
  const found = await unlessRefused(() => headManifest(registry, tag), missed);
  return found ? [{ ...found, tag }] : [];
}

/** An image is not given up for what nobody may see of its artifacts; what may go better the next time is thrown. */
async function unlessRefused<T>(run: () => Promise<T>, missed: MissedArtifacts): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.name === "SourceNotFound") return undefined;
    // A redirect to where the network does not go is no more than a refusal.
    const refused = ["AccessDenied", "UnsupportedImage", "DigestMismatch"].includes(error.name);
    if (!refused && error.operation !== "Connect") throw error;
    missed.add(error.message);
    return undefined;
  }
}
