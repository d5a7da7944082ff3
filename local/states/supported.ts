import type { Definition } from "./definition.ts";
import { isDistributed, modeOf } from "./distributed-map.ts";

const COMMON = ["Type", "Comment", "QueryLanguage", "InputPath", "OutputPath", "Next", "End"];
const RESULT = ["Parameters", "ResultPath", "ResultSelector", "Retry", "Catch"];
const MAP = [...COMMON, ...RESULT, "ItemsPath", "ItemSelector", "MaxConcurrency", "MaxConcurrencyPath"];
const FIELDS: Record<string, readonly string[]> = {
  Task: [...COMMON, ...RESULT, "Resource", "TimeoutSeconds", "TimeoutSecondsPath"],
  Map: [...MAP, "ItemProcessor", "Iterator"],
  "Distributed Map": [
    ...MAP,
    "ItemProcessor",
    "ItemReader",
    "ResultWriter",
    "Label",
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
  ],
  Parallel: [...COMMON, ...RESULT, "Branches"],
  Pass: [...COMMON, "Parameters", "Result", "ResultPath"],
  Wait: [...COMMON, "Seconds", "SecondsPath", "Timestamp", "TimestampPath"],
  Choice: [...COMMON, "Choices", "Default"],
  Succeed: COMMON,
  Fail: [...COMMON, "Error", "ErrorPath", "Cause", "CausePath"],
};

/** Throws an Error that names the state and the field when local AWS would run a state otherwise than Step Functions does. */
export function refuseUnsupported(name: string, state: Definition): void {
  const known = FIELDS[isDistributed(state) ? "Distributed Map" : String(state["Type"])];
  if (!known) throw new Error(`State ${name}: Type ${state["Type"]} is not supported`);
  const unknown = Object.keys(state).filter((field) => !known.includes(field));
  if (unknown.length > 0)
    throw new Error(`State ${name}: ${unknown.join(", ")} is not supported by local AWS`);
  if ((state["QueryLanguage"] ?? "JSONPath") !== "JSONPath")
    throw new Error(`State ${name}: only QueryLanguage JSONPath is supported`);
  if (!["INLINE", "DISTRIBUTED"].includes(String(modeOf(state))))
    throw new Error(`State ${name}: Mode ${modeOf(state)} is not supported; INLINE and DISTRIBUTED are`);
  // The interpreter takes such a result for an absent one.
  if ("Result" in state && !state["Result"])
    throw new Error(`State ${name}: Result ${JSON.stringify(state["Result"])} is not supported`);
  for (const field of ["ErrorPath", "CausePath"]) {
    if (String(state[field] ?? "$").startsWith("States."))
      throw new Error(`State ${name}: an intrinsic function as ${field} is not supported`);
  }
  refuseContext(name, state);
}

function refuseContext(name: string, state: Definition): void {
  const { ItemSelector, ItemProcessor, Iterator, Branches, Parameters, ...rest } = state;
  const outside = JSON.stringify(state["Type"] === "Map" ? rest : { ...rest, Parameters });
  if (outside.includes("$$.Map"))
    throw new Error(`State ${name}: $$.Map is supported only in a Map's ItemSelector`);
  if (/\$\$\.Map\.Item\.(?!Value\b|Index\b)/.test(JSON.stringify(state)))
    throw new Error(`State ${name}: of $$.Map.Item only Value and Index are supported by local AWS`);
  if (/\$\$\.(Task|State\.RetryCount)/.test(JSON.stringify(state))) {
    throw new Error(`State ${name}: $$.Task and $$.State.RetryCount are not supported by local AWS`);
  }
}
