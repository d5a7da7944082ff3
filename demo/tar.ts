const block = 512;

/** A ustar archive of regular files (POSIX.1-1988, ustar interchange format); paths of at most 100 bytes. */
export function tar(files: readonly { path: string; bytes: Buffer }[]): Buffer {
  const end = Buffer.alloc(2 * block);
  return Buffer.concat([
    ...files.flatMap(({ path, bytes }) => [header(path, bytes.length), padded(bytes)]),
    end,
  ]);
}

function header(path: string, size: number): Buffer {
  const fields = Buffer.alloc(block);
  fields.write(path, 0, 100);
  fields.write(`0000644\0${"0000000\0".repeat(2)}`, 100);
  fields.write(`${size.toString(8).padStart(11, "0")}\0${"0".repeat(11)}\0        0`, 124);
  fields.write("ustar\x0000", 257);
  const sum = fields.reduce((total, byte) => total + byte, 0);
  fields.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return fields;
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((block - (bytes.length % block)) % block)]);
}
