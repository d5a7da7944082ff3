/*
 * Rate and memory of inflating an archive and of compressing layers, for contents that are easy and hard to compress.
 * The code is bundled as a function's is. Usage: node bench/inflate.ts [--tar FILE] [--mib N] [--json FILE]
 */
import { execFileSync, fork } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { once } from "node:events";
import { createReadStream, createWriteStream, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { cpus } from "node:os";
import * as path from "node:path";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { createGzip, createZstdCompress } from "node:zlib";
import { buildSync } from "esbuild";

interface Cost {
  readonly mebibytes: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
}

const { values } = parseArgs({
  options: {
    tar: { type: "string" },
    mib: { type: "string", default: "512" },
    runs: { type: "string", default: "3" },
    json: { type: "string", default: ".bench/inflate.json" },
  },
});

const folder = path.resolve(".bench/inflate");
mkdirSync(folder, { recursive: true });
const worker = path.join(folder, "worker.mjs");
buildSync({
  entryPoints: [path.join(import.meta.dirname, "inflate/worker.ts")],
  outfile: worker,
  bundle: true,
  minify: true,
  platform: "node",
  mainFields: ["module", "main"],
  format: "esm",
});

const counterpart = fork(path.join(import.meta.dirname, "inflate/counterpart.ts"));
const [port] = (await once(counterpart, "message")) as [number];
Object.assign(process.env, {
  AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
  AWS_ACCESS_KEY_ID: "111111111111",
  AWS_SECRET_ACCESS_KEY: "bench",
});

const formats = { gzip: createGzip, zstd: createZstdCompress };
const files: Record<string, string> = {
  zeros: synthesized("zeros"),
  random: synthesized("random"),
  files: realTar(),
};
const rows: Record<string, unknown>[] = [];
for (const [content, file] of Object.entries(files)) {
  for (const format of ["gzip", "zstd"] as const) {
    const packed = `${file}.${format}`;
    console.error(`measuring ${content} with ${format}`);
    await pipeline(createReadStream(file), formats[format](), createWriteStream(packed));
    rows.push({ content, format, ...(await row("inflate", packed, format)) });
    rows.push({ content, format, ...(await row("untar", packed, format)) });
    rows.push({ content, format, ...(await row("upload", packed, format)) });
    rows.push({ content, format, ...(await row("compress", file, format)) });
  }
}
counterpart.kill();
const result = { cpu: cpus()[0]?.model, node: process.version, rows };
writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
console.table(rows);

/** The median by CPU of the runs; rates are of bytes that are not compressed. */
async function row(subject: string, file: string, format: string): Promise<Record<string, unknown>> {
  const costs: Cost[] = [];
  for (let run = 0; run < Number(values.runs); run++) costs.push(await measure(subject, file, format));
  const median = costs.toSorted((a, b) => a.cpuSeconds - b.cpuSeconds)[Math.floor(costs.length / 2)] as Cost;
  return {
    subject,
    "MiB/s": Math.round(median.mebibytes / median.seconds),
    "MiB per CPU second": Math.round(median.mebibytes / median.cpuSeconds),
    "peak MiB": Math.round(Math.max(...costs.map(({ peakMiB }) => peakMiB))),
  };
}

async function measure(subject: string, file: string, format: string): Promise<Cost> {
  const child = fork(worker, [subject, file, format]);
  const failed = once(child, "exit").then(([code]) => {
    throw new Error(`${subject} ended with exit status ${code} and no measurement`);
  });
  const [cost] = (await Promise.race([once(child, "message"), failed])) as [Cost];
  failed.catch(() => {}); // It also ends when it has said what it measured.
  return cost;
}

/** A tar of one file of zeros or of random bytes. */
function synthesized(content: "zeros" | "random"): string {
  const file = path.join(folder, content);
  const tar = openSync(file, "w");
  const size = Number(values.mib) * 1024 ** 2;
  writeSync(tar, header(size));
  const piece = Buffer.alloc(1024 ** 2);
  for (let at = 0; at < size; at += piece.length)
    writeSync(tar, content === "random" ? randomFillSync(piece) : piece);
  writeSync(tar, Buffer.alloc(1024));
  return file;
}

/** The header of a file named "layer.tar" (POSIX.1-2024 pax, "ustar Interchange Format"). */
function header(size: number): Buffer {
  const block = Buffer.alloc(512);
  block.write("layer.tar", 0);
  block.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  block.write("        0", 148);
  block.write("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

/** A tar of files as a layer has them: this project's dependencies, programs and text. */
function realTar(): string {
  if (values.tar) return path.resolve(values.tar);
  const file = path.join(folder, "files");
  execFileSync("tar", ["-cf", file, "node_modules"]);
  return file;
}
