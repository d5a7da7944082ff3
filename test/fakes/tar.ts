import type { RandomAccess } from "../../core/archive/random-access.ts";

/** The header dialects that the writer knows. */
export type Dialect = "ustar" | "gnu" | "v7";

/** What one header is written from; every field but the name has a default. */
export interface TarMember {
  readonly name: string;
  readonly data?: Uint8Array | string;
  /** The type flag: a file when absent. */
  readonly type?: string;
  readonly linkName?: string;
  readonly prefix?: string;
  readonly dialect?: Dialect;
  /** What the size field says, when it is not the data's length: a number, or the field's own bytes. */
  readonly size?: number | Uint8Array;
  readonly checksum?: "unsigned" | "signed" | "wrong";
}

const magics = { ustar: "ustar\x0000", gnu: "ustar  \0", v7: "" } as const;

/** One member: its header, its data, and the padding to whole blocks. */
export function member(shape: TarMember): Uint8Array {
  const data = Buffer.from(shape.data ?? "");
  const padding = Buffer.alloc((512 - (data.length % 512)) % 512);
  return Buffer.concat([header({ ...shape, size: shape.size ?? data.length }), data, padding]);
}

/** One header of 512 bytes. */
export function header(shape: TarMember): Uint8Array {
  const { name, type = "0", linkName = "", prefix = "", dialect = "ustar", size = 0 } = shape;
  const block = Buffer.alloc(512);
  block.write(name, 0, 100);
  block.write("0000644\0", 100);
  block.set(sizeField(size), 124);
  block.write(type, 156, 1);
  block.write(linkName, 157, 100);
  block.write(magics[dialect], 257, 8);
  block.write(prefix, 345, 155);
  block.write("        ", 148);
  block.write(`${checksum(block, shape.checksum).toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

function sizeField(size: number | Uint8Array): Uint8Array {
  if (typeof size !== "number") return size;
  if (size < 8 ** 11) return Buffer.from(`${size.toString(8).padStart(11, "0")}\0`);
  return base256(BigInt(size));
}

/** A size in GNU's base-256: twelve bytes, the first bit set. */
export function base256(size: bigint): Uint8Array {
  const field = Buffer.from(BigInt.asUintN(96, size).toString(16).padStart(24, "0"), "hex");
  field[0] = (field[0] ?? 0) | 0x80;
  return field;
}

function checksum(block: Uint8Array, kind: TarMember["checksum"] = "unsigned"): number {
  if (kind === "wrong") return 1;
  const bytes: Iterable<number> = kind === "signed" ? new Int8Array(block) : block;
  return [...bytes].reduce((sum, byte) => sum + byte, 0);
}

/** An extended header with these records, for the next member or, of type `g`, for all. */
export function pax(records: Readonly<Record<string, string>>, type: "x" | "g" = "x"): Uint8Array {
  return member({ name: "PaxHeaders/0", type, data: Object.entries(records).map(paxRecord).join("") });
}

function paxRecord([keyword, value]: [string, string]): string {
  const rest = ` ${keyword}=${value}\n`;
  const length = Buffer.byteLength(rest);
  const digits = String(length + String(length + String(length).length).length).length;
  return `${length + digits}${rest}`;
}

/** GNU's long name, of type `L`, or long link name, of type `K`, for the next member. */
export function gnuLong(type: "L" | "K", name: string): Uint8Array {
  return member({ name: "././@LongLink", type, data: `${name}\0`, dialect: "gnu" });
}

/** The two zero blocks at an archive's end. */
export const end: Uint8Array = new Uint8Array(1024);

/** An archive of these members, ended as it should be. */
export function tar(...members: readonly (TarMember | Uint8Array)[]): Uint8Array {
  return Buffer.concat([...members.map((one) => (one instanceof Uint8Array ? one : member(one))), end]);
}

/** An archive of files by name, as text, bytes or JSON. */
export function tarOf(files: Readonly<Record<string, Uint8Array | string | object>>): Uint8Array {
  const bytes = (content: Uint8Array | string | object) =>
    typeof content === "string" || content instanceof Uint8Array ? content : JSON.stringify(content);
  return tar(...Object.entries(files).map(([name, content]) => ({ name, data: bytes(content) })));
}

/** An archive in memory that counts what is read of it. */
export class CountedArchive implements RandomAccess {
  readonly size: number;
  reads = 0;
  bytesRead = 0;
  readonly #content: (offset: number, length: number) => Uint8Array;

  constructor(content: Uint8Array | { size: number; read(offset: number, length: number): Uint8Array }) {
    const inMemory = content instanceof Uint8Array;
    this.size = inMemory ? content.length : content.size;
    this.#content = inMemory
      ? (offset, length) => content.subarray(offset, offset + length)
      : (offset, length) => content.read(offset, length);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (offset < 0 || length < 1 || offset >= this.size) {
      throw new RangeError(`cannot read ${length} bytes at ${offset} of ${this.size}`);
    }
    this.reads++;
    const bytes = this.#content(offset, length);
    this.bytesRead += bytes.length;
    return bytes;
  }
}

/** An archive whose members' data is zeros that exist nowhere, for sizes that no memory holds. */
export function sparse(members: readonly { readonly name: string; readonly size: number }[]): CountedArchive {
  const headers = new Map<number, Uint8Array>();
  let offset = 0;
  for (const { name, size } of members) {
    headers.set(offset, header({ name, size, dialect: "gnu" }));
    offset += 512 + Math.ceil(size / 512) * 512;
  }
  const total = offset + end.length;
  return new CountedArchive({
    size: total,
    read(from, length) {
      const bytes = new Uint8Array(Math.min(length, total - from));
      for (let at = Math.floor(from / 512) * 512; at < from + bytes.length; at += 512) {
        const block = headers.get(at);
        const skipped = Math.max(from - at, 0);
        if (block)
          bytes.set(block.subarray(skipped, skipped + from + bytes.length - at), Math.max(at - from, 0));
      }
      return bytes;
    },
  });
}
