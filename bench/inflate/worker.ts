/* The process under measurement: it does one thing to one file, and says what that took. */
import { createReadStream, statSync } from "node:fs";
import { s3Client } from "../../adapters/clients/s3-client.ts";
import { ObjectUpload } from "../../adapters/clients/work-bucket.ts";
import { inflate } from "../../core/archive/inflate.ts";
import { members } from "../../core/archive/members.ts";
import type { Output } from "../../core/archive/part-writer.ts";
import { untar } from "../../core/steps/untar.ts";

type Format = "gzip" | "zstd";

const chunkSize = 64 * 1024;
const stream = (file: string, end: number) =>
  createReadStream(file, { highWaterMark: chunkSize, end: end - 1 });

/** As a network that takes everything at once. */
const nowhere: Output = { write: async () => {}, complete: async () => {}, abort: async () => {} };

/** Each gives the bytes that it has made, or for compression those that it was given. */
const subjects = {
  async inflate(file: string, format: Format, size: number): Promise<number> {
    let made = 0;
    for await (const chunk of inflate(format, stream(file, size))) made += chunk.length;
    return made;
  },
  async untar(file: string, format: Format, size: number): Promise<number> {
    const archive = { etag: "", format, size, stream: () => stream(file, size) };
    return (await untar(archive, nowhere, { timeLeft: () => Number.POSITIVE_INFINITY })).inflated;
  },
  async upload(file: string, format: Format, size: number): Promise<number> {
    const archive = { etag: "", format, size, stream: () => stream(file, size) };
    const output = new ObjectUpload(s3Client({ side: "source" }), { bucket: "bench", key: "inflated.tar" });
    return (await untar(archive, output, { timeLeft: () => Number.POSITIVE_INFINITY })).inflated;
  },
  async compress(file: string, format: Format, size: number): Promise<number> {
    let read = 0;
    for await (const { raw } of members(stream(file, size), format, size)) read += raw.length;
    return read;
  },
};

const [subject = "", file = "", format = ""] = process.argv.slice(2);
const { size } = statSync(file);
const before = process.resourceUsage();
const start = performance.now();
const bytes = await subjects[subject as keyof typeof subjects](file, format as Format, size);
const seconds = (performance.now() - start) / 1000;
const after = process.resourceUsage();
const cpuSeconds =
  (after.userCPUTime + after.systemCPUTime - before.userCPUTime - before.systemCPUTime) / 1e6;
process.send?.({ mebibytes: bytes / 1024 ** 2, seconds, cpuSeconds, peakMiB: after.maxRSS / 1024 });
process.disconnect?.();
