/** A run of bytes, both ends included; of nothing, `last` is one before `first`. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/**
 * What a `Range` header asks of content of this many bytes: all of it without a header, `undefined` when it cannot be had.
 * One range only, as S3; stricter than RFC 9110 §14.2, a header that is not understood is refused instead of ignored.
 */
export function requestedRange(header: string | undefined, size: number): ByteRange | undefined {
  if (header === undefined) return { first: 0, last: size - 1 };
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? [];
  if (from === undefined || to === undefined || from + to === "") return undefined;
  const range =
    from === "" ? { first: Math.max(0, size - Number(to)), last: size - 1 } : closed(from, to, size);
  return range.first <= range.last ? range : undefined;
}

function closed(from: string, to: string, size: number): ByteRange {
  const last = to === "" ? size - 1 : Number(to);
  // `bytes=5-3` asks for nothing, however large the content.
  return { first: Number(from), last: Math.min(last, size - 1) };
}
