/** An image archive in S3, and the image in it that is meant, when it may hold several. */
export interface S3Object {
  readonly bucket: string;
  readonly key: string;
  /** `name:tag`, as in the archive. */
  readonly image?: string;
}

/** What the name of a bucket looks like. Source: Amazon S3 User Guide, "General purpose bucket naming rules". */
export const bucketNameForm = {
  pattern: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  accepted: "3 to 63 lower-case letters, digits, '.' and '-', beginning and ending with a letter or digit",
};

/** What the reference of an archive looks like, for messages. */
export const s3ReferenceForm = "s3://<bucket>/<key>[#<name>:<tag>]";

/** Reads the reference of an archive; what follows the last '#', if anything does, names an image in it. Throws RangeError saying what is wrong. */
export function parseS3Object(text: string): S3Object {
  const match = /^s3:\/\/([^/#]*)\/(.+?)(?:#([^#]*))?$/s.exec(text);
  if (!match) throw new RangeError(`'${text}' names no object: expected ${s3ReferenceForm}`);
  const [, bucket = "", key = "", image] = match;
  if (!bucketNameForm.pattern.test(bucket)) {
    throw new RangeError(`'${bucket}' is no bucket name: ${bucketNameForm.accepted}`);
  }
  if (Buffer.byteLength(key) > 1024) throw new RangeError("the key is longer than 1,024 bytes");
  return { bucket, key, ...(image && { image }) };
}

/** The reference as text: a '#' of the key's own is not taken for the one before an image, since another follows. */
export function formatS3Object({ bucket, key, image = "" }: S3Object): string {
  return `s3://${bucket}/${key}${image || key.includes("#") ? `#${image}` : ""}`;
}
