import type { StepName } from "../../infra/permissions.ts";
import { sizesOf } from "../../infra/step-sizes.ts";
import type { RunCost } from "./copying.ts";

/** In US dollars, list prices of us-east-1 in 2026: Step Functions Standard, and Lambda on arm64. */
const prices = { transition: 0.025 / 1_000, gigabyteSecond: 0.0000133334, request: 0.2 / 1_000_000 };

/** In MiB: with so much a function has one CPU (AWS Lambda Developer Guide, "Configure Lambda function memory"). */
const oneCpu = 1_769;

/** What a thousand images take of a run, and what that costs. */
export interface Cost {
  readonly transitions: number;
  readonly requests: number;
  /** AWS calls that the functions make. */
  readonly calls: number;
  /** As measured: with a CPU for each function, and no network. */
  readonly measuredGigabyteSeconds: number;
  /** With a function's share of a CPU, and so long for each call, one after the other: more than it takes on AWS. */
  readonly gigabyteSeconds: number;
  readonly dollars: {
    readonly transitions: number;
    readonly requests: number;
    readonly compute: number;
    readonly sum: number;
  };
}

/** Adds up a run by a thousand of its images; `callSeconds` is what a call to AWS is taken to last. */
export function costOf(run: RunCost, callSeconds: number): Cost {
  const thousands = run.images / 1_000;
  const functions = Object.entries(run.functions).map(([name, cost]) => ({
    ...cost,
    memory: memoryOf(name),
  }));
  const sum = (each: (cost: (typeof functions)[0]) => number) =>
    functions.reduce((total, cost) => total + each(cost), 0) / thousands;
  const calls = Object.values(run.calls).reduce((total, count) => total + count, 0) / thousands;
  const requests = sum(({ invocations }) => invocations);
  const measuredGigabyteSeconds = sum(({ seconds, memory }) => (seconds * memory) / 1_024);
  // Nearly all calls are made by functions of the memory that most have.
  const waiting = calls * callSeconds * 0.5;
  const computing = sum(({ seconds, memory }) => (seconds * Math.max(memory, oneCpu)) / 1_024);
  const transitions = (run.transitions.run + run.transitions.images) / thousands;
  const dollars = {
    transitions: transitions * prices.transition,
    requests: requests * prices.request,
    compute: (computing + waiting) * prices.gigabyteSecond,
  };
  return {
    transitions,
    requests,
    calls,
    measuredGigabyteSeconds,
    gigabyteSeconds: computing + waiting,
    dollars: { ...dollars, sum: dollars.transitions + dollars.requests + dollars.compute },
  };
}

/** In MiB, by the construct in a function's name. */
function memoryOf(functionName: string): number {
  const [, construct = ""] = /ImageReplicator([A-Za-z]+?)Function/.exec(functionName) ?? [];
  const step = construct.replace(/(?<=.)[A-Z]/g, "-$&").toLowerCase();
  const { memory } = sizesOf({})[step as StepName] ?? {};
  if (memory === undefined) throw new Error(`${functionName} is a function of no step`);
  return memory;
}
