/*
 * CPU and memory of copying one layer, beside the floor of the same run. The code is bundled as a
 * function's is: running it as TypeScript would count the memory of what strips the types.
 * Usage: node bench/copy-layer.ts [--gib N] [--runs N] [--json FILE]
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { buildSync } from "esbuild";

interface Cost {
  readonly cpuSeconds: number;
  readonly seconds: number;
  readonly peakMiB: number;
}

const { values } = parseArgs({
  options: {
    gib: { type: "string", default: "2" },
    runs: { type: "string", default: "3" },
    json: { type: "string", default: ".bench/copy-layer.json" },
  },
});
const gib = Number(values.gib);
const size = gib * 1024 ** 3;

const worker = path.resolve(".bench/worker.mjs");
buildSync({
  entryPoints: [path.join(import.meta.dirname, "copy-layer/worker.ts")],
  outfile: worker,
  bundle: true,
  minify: true,
  platform: "node",
  mainFields: ["module", "main"],
  format: "esm",
});

const counterpart = fork(path.join(import.meta.dirname, "copy-layer/counterpart.ts"));
const [ports] = (await once(counterpart, "message")) as [{ http: number; bare: number }];
const runs: { floor: Cost; copy: Cost }[] = [];
for (let run = 0; run < Number(values.runs); run++) {
  runs.push({ floor: await measure("floor", ports.bare), copy: await measure("copy", ports.http) });
}
counterpart.kill();

const result = {
  cpu: cpus()[0]?.model ?? "unknown",
  node: process.version,
  layerGiB: gib,
  floorCpuSecondsPerGiB: median(runs.map(({ floor }) => floor.cpuSeconds / gib)),
  copyCpuSecondsPerGiB: median(runs.map(({ copy }) => copy.cpuSeconds / gib)),
  ratio: median(runs.map(({ floor, copy }) => copy.cpuSeconds / floor.cpuSeconds)),
  copyMiBPerSecond: median(runs.map(({ copy }) => (gib * 1024) / copy.seconds)),
  copyPeakMiB: Math.max(...runs.map(({ copy }) => copy.peakMiB)),
};
mkdirSync(path.dirname(values.json), { recursive: true });
writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
console.table(
  Object.fromEntries(Object.entries(result).map(([name, value]) => [name, { value: shown(value) }])),
);

async function measure(subject: string, port: number): Promise<Cost> {
  const child = fork(worker, [subject, String(port), String(size)]);
  const failed = once(child, "exit").then(([code]) => {
    throw new Error(`${subject} ended with exit status ${code} and no measurement`);
  });
  const [cost] = (await Promise.race([once(child, "message"), failed])) as [Cost];
  failed.catch(() => {}); // It also ends when it has said what it measured.
  return cost;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

function shown(value: string | number): string | number {
  return typeof value === "number" ? Math.round(value * 100) / 100 : value;
}
