import { archiveFormat } from "../../core/archive/archive-format.ts";
import type { Archive, PackedArchive } from "../../core/archive/archive-source.ts";
import { blockSize } from "../../core/archive/tar-header.ts";
import { unreadable } from "../../core/archive/unreadable.ts";
import { Failure } from "../../core/errors.ts";
import type { S3Object } from "../../core/model/s3-object.ts";
import type { Packed, Pin } from "../../core/ports.ts";
import { type Untarred, type UntarWatch, untar } from "../../core/steps/untar.ts";
import type { Access } from "../clients/role-credentials.ts";
import { S3Archive } from "../clients/s3-archive.ts";
import { s3Client } from "../clients/s3-client.ts";
import { inflatedObject, ObjectUpload } from "../clients/work-bucket.ts";

/** An archive in S3, the role that may read it, and where it can be inflated to, which needs no role. */
export interface ArchivePlace {
  readonly object: S3Object;
  readonly access: Access;
  readonly workBucket?: string;
}

/** The role of this process: the work bucket is no side's. */
const own: Access = { side: "source" };

/** In milliseconds. What was inflated before may expire while it is read: the bucket's lifecycle rule counts days. */
const fresh = 24 * 60 * 60 * 1000;

/**
 * Opens an archive, at the version of the pin, if there is one. One that is compressed is read from where it was inflated
 * to, if it was. The archive itself is looked at first: nobody reads inflated what they may not read.
 * A version that this process has opened is not opened again: every read of it says which version is meant.
 * Throws `UnsupportedImage` for one that is compressed when there is no work bucket, and what `S3Archive.open` throws.
 */
export async function openArchive(place: ArchivePlace, pin?: Pin): Promise<Archive | PackedArchive> {
  const held = pin && kept.get(keyOf(place, pin));
  if (held) return held;
  const archive = await openAnew(place, pin);
  if (!("format" in archive)) keep(keyOf(place, archive.pin), archive);
  return archive;
}

/** The archives that were opened last: a version stays what it is, and what is known of it need not be read again. */
const kept = new Map<string, Archive>();

/** What is known of an archive of many entries is large. */
const mostKept = 2;

function keyOf({ object, access, workBucket }: ArchivePlace, pin: Pin): string {
  const { bucket, key } = object;
  return JSON.stringify([bucket, key, access, workBucket, pin.etag, pin.inflated]);
}

function keep(key: string, archive: Archive): void {
  kept.delete(key);
  kept.set(key, archive);
  const [oldest] = kept.keys();
  if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
}

async function openAnew(place: ArchivePlace, pin?: Pin): Promise<Archive | PackedArchive> {
  const { object, access, workBucket } = place;
  if (pin?.inflated && pin.etag) return openInflated(workBucket ?? missing("as a whole"), object, pin.etag);
  const archive = await S3Archive.open(s3Client(access), object, pin);
  const format = archiveFormat(await archive.read(0, blockSize));
  if (format !== "gzip" && format !== "zstd") return archive;
  const inflated = await findInflated(workBucket ?? missing(`with ${format}`), object, archive.pin.etag);
  return inflated ?? packedArchive(archive, format);
}

/** Inflates an archive into the work bucket, unless that was done or there is nothing to inflate; says which version. */
export async function inflateArchive(
  place: ArchivePlace,
  watch: UntarWatch,
): Promise<Partial<Untarred> & Pick<Untarred, "etag">> {
  const archive = await openArchive(place);
  if (!("format" in archive)) {
    const { etag, inflated } = archive.pin;
    return { etag, ...(inflated && { inflated: archive.size }) };
  }
  const target = inflatedObject(place.workBucket ?? "", place.object, archive.etag);
  return untar(archive, new ObjectUpload(s3Client(own), target, "source"), watch);
}

function packedArchive(archive: S3Archive, format: Packed["format"]): PackedArchive {
  const { size, pin } = archive;
  return { etag: pin.etag, format, size, stream: (place) => archive.stream(place) };
}

function openInflated(workBucket: string, object: S3Object, etag: string): Promise<S3Archive> {
  const target = inflatedObject(workBucket, object, etag);
  return S3Archive.open(s3Client(own), target, { inflatedFrom: etag });
}

async function findInflated(
  workBucket: string,
  object: S3Object,
  etag: string,
): Promise<S3Archive | undefined> {
  try {
    const archive = await openInflated(workBucket, object, etag);
    return Date.now() - archive.modified.getTime() < fresh ? archive : undefined;
  } catch (error) {
    const absent = error instanceof Failure && (error.cause as Error | undefined)?.name === "NoSuchKey";
    if (absent) return undefined;
    throw error;
  }
}

function missing(how: string): never {
  throw unreadable(
    `the archive is compressed ${how}, and there is no work bucket to inflate it into; name one with --work-bucket, run the copy on a state machine with --state-machine, or put the archive into its bucket without compression`,
  );
}
