/** A closed range of bytes: both ends are included, as in HTTP's Range header and in UploadLayerPart. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** The closed range of `length` bytes from an offset. Throws RangeError when it would be empty. */
export function byteRange(offset: number, length: number): ByteRange {
  if (!Number.isSafeInteger(offset) || offset < 0 || !Number.isSafeInteger(length) || length < 1) {
    throw new RangeError(`no byte range has offset ${offset} and length ${length}`);
  }
  return { first: offset, last: offset + length - 1 };
}

/** The value of a Range request header (RFC 9110, section 14.2). */
export function rangeHeader(range: ByteRange): string {
  return `bytes=${range.first}-${range.last}`;
}

/** What a Content-Range header says was sent, or undefined when it says nothing usable (RFC 9110, section 14.4). */
export function parseContentRange(header: string | undefined): (ByteRange & { total: number }) | undefined {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(header ?? "");
  return match ? { first: Number(match[1]), last: Number(match[2]), total: Number(match[3]) } : undefined;
}

/**
 * Cuts a stream of chunks into parts of exactly `partSize` bytes and a last part of what remains.
 * Two buffers take turns: a part stays valid until the part after the next is asked for, so that
 * one can be sent while the next is read. `expected` bytes bounds the buffers of a small stream.
 */
export async function* parts(
  chunks: AsyncIterable<Uint8Array>,
  partSize: number,
  expected: number,
): AsyncGenerator<Uint8Array> {
  const length = Math.min(partSize, Math.max(expected, 1));
  const second = expected > length ? length : 0;
  let [filling, resting] = [Buffer.allocUnsafeSlow(length), Buffer.allocUnsafeSlow(second)];
  let filled = 0;
  for await (const chunk of chunks) {
    let taken = 0;
    while (taken < chunk.length) {
      if (filled === filling.length) {
        yield filling;
        if (resting.length < filling.length) resting = Buffer.allocUnsafeSlow(length);
        [filling, resting] = [resting, filling];
        filled = 0;
      }
      const count = Math.min(chunk.length - taken, filling.length - filled);
      filling.set(chunk.subarray(taken, taken + count), filled);
      filled += count;
      taken += count;
    }
  }
  if (filled > 0) yield filling.subarray(0, filled);
}
