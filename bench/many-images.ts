/*
 * What a rule of many images takes: comparing two sides that are in sync, by the built function against a registry that
 * lists 10,000 and 100,000 images; and copying images through the deployed state machine on local AWS, with what that
 * costs for a thousand images. It needs what `npm run build` makes.
 * Usage: node bench/many-images.ts [--images N] [--json FILE]
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { measureCopying } from "./many-images/copying.ts";
import { costOf } from "./many-images/cost.ts";
import { type ListingCost, measureListing } from "./many-images/listing.ts";

const { values } = parseArgs({
  options: {
    images: { type: "string", default: "200" },
    json: { type: "string", default: ".bench/many-images.json" },
  },
});

/** What a call to AWS is taken to last, in milliseconds: there was no account to measure it in. */
const latency = 50;

const sizes = [
  { images: 10_000, repositories: 1 },
  { images: 100_000, repositories: 1 },
  { images: 100_000, repositories: 100 },
];
const settings = [
  { latency: 0, memory: 1_024 },
  { latency, memory: 1_024 },
  { latency: 0, memory: 256 },
];

const listings: ListingCost[] = [];
for (const size of sizes) {
  for (const setting of settings) listings.push(await measureListing({ ...size, ...setting }));
}
console.table(listings.map(rowOf));

const { copying, inSync } = await measureCopying(Number(values.images));
const costs = {
  thousandCopied: costOf(copying, latency / 1_000),
  // Whatever its images: they cost only what listing them does.
  runInSync: costOf({ ...inSync, images: 1_000 }, latency / 1_000),
};
console.table({ "1,000 copied": flat(costs.thousandCopied), "a run in sync": flat(costs.runInSync) });

const result = {
  cpu: cpus()[0]?.model ?? "unknown",
  node: process.version,
  latency,
  listings,
  copying,
  inSync,
  costs,
};
mkdirSync(path.dirname(values.json), { recursive: true });
writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);

function rowOf({ calls, seconds, peakMiB, ...listed }: ListingCost): object {
  const made = Object.values(calls).reduce((sum, count) => sum + count, 0);
  return { ...listed, calls: made, seconds: rounded(seconds), peakMiB: Math.round(peakMiB) };
}

function flat({ dollars, ...counts }: ReturnType<typeof costOf>): Record<string, number> {
  const costs = Object.entries(dollars).map(([name, cost]) => [`$ ${name}`, cost] as const);
  return Object.fromEntries(
    [...Object.entries(counts), ...costs].map(([name, value]) => [name, rounded(value)]),
  );
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
