/* The process under measurement: it does one thing, and says what that took. */
import { copy } from "./copy.ts";
import { floor } from "./floor.ts";

const subjects = { copy, floor };
const [subject = "", port = "", size = ""] = process.argv.slice(2);
const run = subjects[subject as keyof typeof subjects];

// What is loaded and compiled by a first small layer is not what a layer costs.
await run(Number(port), 32 * 1024 * 1024);
const before = process.resourceUsage();
const start = performance.now();
await run(Number(port), Number(size));
const after = process.resourceUsage();
process.send?.({
  cpuSeconds: (after.userCPUTime + after.systemCPUTime - before.userCPUTime - before.systemCPUTime) / 1e6,
  seconds: (performance.now() - start) / 1000,
  peakMiB: after.maxRSS / 1024,
});
process.disconnect?.();
