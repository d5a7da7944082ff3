import fc from "fast-check";

/** One change of an archive's bytes, in blocks of 512 where it says so. */
export interface ByteChange {
  readonly what: "flip" | "put" | "cut" | "insert" | "swap" | "double" | "drop";
  /** Where, counted around the archive's length. */
  readonly at: number;
  readonly other: number;
  readonly bytes: Uint8Array;
}

/** Changes as a broken transfer or disk, or a hand, makes them. */
export const byteChange: fc.Arbitrary<ByteChange> = fc.record({
  what: fc.constantFrom("flip", "flip", "put", "cut", "insert", "swap", "double", "drop"),
  at: fc.nat(),
  other: fc.nat(),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 64 }),
    fc.integer({ min: 1, max: 1_200 }).map((length) => new Uint8Array(length)),
  ),
});

const block = 512;

/** An archive with these changes, one after the other. */
export function withByteChanges(archive: Uint8Array, changes: readonly ByteChange[]): Uint8Array {
  return changes.reduce((bytes, change) => (bytes.length === 0 ? bytes : withChange(bytes, change)), archive);
}

function withChange(archive: Uint8Array, { what, at, other, bytes }: ByteChange): Uint8Array {
  const changed = Buffer.from(archive);
  const position = at % archive.length;
  const blocks = Math.ceil(archive.length / block);
  const [one, two] = [at % blocks, other % blocks].map(
    (number) => [number * block, (number + 1) * block] as const,
  );
  if (!one || !two) return archive;
  switch (what) {
    case "flip":
      changed[position] = (archive[position] ?? 0) ^ (1 << (other % 8));
      return changed;
    case "put":
      changed.set(bytes.subarray(0, archive.length - position), position);
      return changed;
    case "cut":
      return archive.subarray(0, position);
    case "insert":
      return Buffer.concat([archive.subarray(0, position), bytes, archive.subarray(position)]);
    case "swap":
      changed.set(archive.subarray(...two).subarray(0, archive.length - one[0]), one[0]);
      changed.set(archive.subarray(...one).subarray(0, archive.length - two[0]), two[0]);
      return changed;
    case "double":
      return Buffer.concat([archive.subarray(0, two[0]), archive.subarray(...one), archive.subarray(two[0])]);
    case "drop":
      return Buffer.concat([archive.subarray(0, one[0]), archive.subarray(one[1])]);
  }
}
