import type { CallRecord } from "./http.ts";

/** Which calls a fault strikes. */
export interface FaultTarget {
  /** As in the record of calls: `ecr`, `registry`, `layers`, `s3`, `secretsmanager`, `sts`, `states`, `lambda` or `events`. */
  readonly service: string;
  readonly operation: string;
  readonly account?: string;
  readonly region?: string;
  /** Fields that the call's detail must have with these values; it may have others. */
  readonly detail?: Readonly<Record<string, string | number>>;
  /** How many matching calls pass untouched first; default 0. */
  readonly after?: number;
  /** How many calls are struck before the fault is used up; default 1. */
  readonly times?: number;
}

/** What happens to a call that is struck. */
export type FaultEffect =
  /** Refused with `Rate exceeded`, in the service's own shape. */
  | { readonly fault: "throttle" }
  /** Refused with the service's internal error, status 500. */
  | { readonly fault: "error500" }
  /** Refused with AccessDenied. */
  | { readonly fault: "accessDenied" }
  /** Layer downloads only: the pre-signed URL has expired. */
  | { readonly fault: "expiredUrl" }
  /** The work is done, then the connection is destroyed without an answer. */
  | { readonly fault: "lostAnswer" }
  /** The answer's body is cut after so many bytes. */
  | { readonly fault: "brokenRead"; readonly afterBytes: number }
  /** The function environment that made the call is killed, `before` the work is done or after it. */
  | { readonly fault: "kill"; readonly before: boolean }
  /** Deliveries of events only: the event is delivered twice. */
  | { readonly fault: "duplicate" };

/** A fault on demand. */
export type Fault = FaultTarget & FaultEffect;

/** A fault and what became of it. */
export interface FaultState {
  readonly fault: Fault;
  /** Matching calls that came so far. */
  readonly matched: number;
  /** Calls that were struck so far. */
  readonly struck: number;
}

const SERVICES = ["ecr", "registry", "layers", "s3", "secretsmanager", "sts", "states", "lambda", "events"];
const EFFECTS = [
  "throttle",
  "error500",
  "accessDenied",
  "expiredUrl",
  "lostAnswer",
  "brokenRead",
  "kill",
  "duplicate",
];
// What can happen to calls that no client makes.
const INNER_EFFECTS: Readonly<Record<string, readonly string[]>> = {
  lambda: ["throttle", "error500", "kill"],
  "events Deliver": ["throttle", "error500", "duplicate"],
};
const FIELDS = [
  "service",
  "operation",
  "account",
  "region",
  "detail",
  "after",
  "times",
  "fault",
  "afterBytes",
  "before",
];

/** The faults in force; the first that matches a call and is not used up strikes it. */
export class Faults {
  #faults: { fault: Fault; matched: number; struck: number }[] = [];

  /** Puts a fault in force; throws an Error that names the field when it could never strike as meant. */
  add(fault: Fault): void {
    check(fault);
    this.#faults.push({ fault, matched: 0, struck: 0 });
  }

  list(): FaultState[] {
    return this.#faults.map((state) => ({ ...state }));
  }

  clear(): void {
    this.#faults = [];
  }

  /** What strikes this call, if anything; counts it. */
  take(
    call: Pick<CallRecord, "service" | "operation" | "account" | "region" | "detail">,
  ): FaultEffect | undefined {
    for (const state of this.#faults) {
      const { after = 0, times = 1 } = state.fault;
      if (state.struck >= times || !matches(state.fault, call)) continue;
      state.matched += 1;
      if (state.matched <= after) continue;
      state.struck += 1;
      return state.fault;
    }
    return undefined;
  }
}

function matches(target: FaultTarget, call: Parameters<Faults["take"]>[0]): boolean {
  return (
    target.service === call.service &&
    target.operation === call.operation &&
    (target.account === undefined || target.account === call.account) &&
    (target.region === undefined || target.region === call.region) &&
    Object.entries(target.detail ?? {}).every(([field, value]) => call.detail[field] === value)
  );
}

function check(fault: Fault): void {
  const given = fault as unknown as Record<string, unknown>;
  const unknown = Object.keys(given).filter((field) => !FIELDS.includes(field));
  if (unknown.length > 0)
    throw new Error(`${unknown.join(", ")} is not a field of a fault; ${FIELDS.join(", ")} are`);
  oneOf("service", given["service"], SERVICES);
  oneOf("fault", given["fault"], EFFECTS);
  if (typeof given["operation"] !== "string")
    throw new Error("operation is missing; the name of an operation would be accepted");
  count("after", fault.after ?? 0, 0);
  count("times", fault.times ?? 1, 1);
  if (fault.fault === "brokenRead") count("afterBytes", fault.afterBytes, 0);
  if (fault.fault === "kill" && typeof fault.before !== "boolean")
    throw new Error(`before is ${fault.before}; true or false would be accepted`);
  if (fault.fault === "kill" && ["layers", "registry"].includes(fault.service)) {
    throw new Error(
      "kill needs a signed call to know the function by: service may not be layers or registry",
    );
  }
  if (fault.fault === "expiredUrl" && fault.service !== "layers")
    throw new Error("expiredUrl strikes only service layers");
  if (fault.fault === "duplicate" && (fault.service !== "events" || fault.operation !== "Deliver"))
    throw new Error("duplicate strikes only service events, operation Deliver");
  const accepted = INNER_EFFECTS[fault.service] ?? INNER_EFFECTS[`${fault.service} ${fault.operation}`];
  if (accepted && !accepted.includes(fault.fault)) {
    const names = accepted.join(", ");
    throw new Error(`fault is ${fault.fault}; for service ${fault.service} ${names} would be accepted`);
  }
}

function oneOf(field: string, value: unknown, accepted: readonly string[]): void {
  if (!accepted.includes(String(value)))
    throw new Error(`${field} is ${value}; ${accepted.join(", ")} would be accepted`);
}

function count(field: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) {
    throw new Error(`${field} is ${value}; a whole number from ${least} would be accepted`);
  }
}
