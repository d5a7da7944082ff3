import type { Definition } from "./definition.ts";

/** The fields of a Distributed Map that the interpreter evaluates when the state is entered. */
export interface MapSettings {
  /** The state's input after InputPath, which the ItemSelector sees. */
  readonly input: unknown;
  /** The items, where they do not come from S3. */
  readonly items?: unknown;
  readonly reader?: { readonly Bucket: unknown; readonly Key: unknown };
  readonly writer?: { readonly Bucket: unknown; readonly Prefix?: unknown };
  readonly maxConcurrency?: unknown;
  readonly toleratedFailureCount?: unknown;
  readonly toleratedFailurePercentage?: unknown;
}

/** What of a Distributed Map is the same in every run. */
export interface MapShape {
  /** Names the Map Run and its children in their ARNs. */
  readonly label: string;
  /** The template of a child's input, for the interpreter. */
  readonly selector: Definition | undefined;
  readonly inputType: "JSON" | "JSONL";
  /** Most items that are read. */
  readonly maxItems: number;
  readonly outputType: "JSON" | "JSONL";
  readonly transformation: "NONE" | "COMPACT";
}

const READER = /^arn:[^:]+:states:::s3:getObject$/;
const WRITER = /^arn:[^:]+:states:::s3:putObject$/;
// What the API reference forbids in names is forbidden in labels (developer guide, "Map state in Distributed mode").
const LABEL = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,40}$/u;

/** Whether a state is a Map in Distributed mode. */
export function isDistributed(state: Definition): boolean {
  return modeOf(state) === "DISTRIBUTED";
}

/** The mode of a Map state's processor. */
export function modeOf(state: Definition): unknown {
  return configOf(state)["Mode"] ?? "INLINE";
}

/** Reads a Distributed Map; throws an Error that names the state and what cannot be run. */
export function mapShape(name: string, state: Definition): MapShape {
  if (configOf(state)["ExecutionType"] !== "STANDARD")
    throw new Error(`State ${name}: only ExecutionType STANDARD is supported`);
  const { ItemReader, ResultWriter, Label } = state;
  const label = Label ?? name.replace(/[^\w-]/g, "").slice(0, 40);
  if (typeof label !== "string" || !LABEL.test(label))
    throw new Error(`State ${name}: Label ${label} is not 1 to 40 characters without spaces and punctuation`);
  const check = new Checker(name);
  const reader = check.integration("ItemReader", ItemReader, {
    resource: READER,
    config: "ReaderConfig",
    parameters: ["Bucket", "Key"],
  });
  const writer = check.integration("ResultWriter", ResultWriter, {
    resource: WRITER,
    config: "WriterConfig",
    parameters: ["Bucket", "Prefix"],
  });
  const shape = {
    label,
    selector: (state["ItemSelector"] ?? state["Parameters"]) as Definition | undefined,
    inputType: check.oneOf("InputType", reader["InputType"], ["JSON", "JSONL"]),
    maxItems: Number(reader["MaxItems"] ?? Number.POSITIVE_INFINITY),
    outputType: check.oneOf("OutputType", writer["OutputType"], ["JSON", "JSONL"]),
    transformation: check.oneOf("Transformation", writer["Transformation"], ["NONE", "COMPACT"]),
  };
  check.onlyFields("ReaderConfig", reader, ["InputType", "MaxItems"]);
  check.onlyFields("WriterConfig", writer, ["OutputType", "Transformation"]);
  return shape;
}

/** A Distributed Map as the Task that the interpreter runs in its place, whose input is the map's settings. */
export function asTask(state: Definition): Definition {
  const { ItemReader, ResultWriter, ItemsPath, ItemSelector, Parameters, Label, ...rest } = state;
  const fields = ["MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage"];
  const numbers = fields.flatMap((field): [string, unknown][] => {
    const setting = field.charAt(0).toLowerCase() + field.slice(1);
    if (rest[`${field}Path`] !== undefined) return [[`${setting}.$`, rest[`${field}Path`]]];
    return rest[field] === undefined ? [] : [[setting, rest[field]]];
  });
  const kept = Object.entries(rest).filter(([key]) => !fields.some((field) => key.startsWith(field)));
  return {
    ...Object.fromEntries(kept),
    Type: "Task",
    Resource: "arn:aws:states:::distributedMap",
    Parameters: {
      "input.$": "$",
      ...(ItemReader
        ? { reader: (ItemReader as Definition)["Parameters"] }
        : { "items.$": ItemsPath ?? "$" }),
      ...(ResultWriter !== undefined && { writer: (ResultWriter as Definition)["Parameters"] }),
      ...Object.fromEntries(numbers),
    },
  };
}

function configOf(state: Definition): Definition {
  const processor = (state["ItemProcessor"] ?? {}) as Definition;
  return (processor["ProcessorConfig"] ?? {}) as Definition;
}

class Checker {
  readonly #state: string;

  constructor(state: string) {
    this.#state = state;
  }

  /** Checks an ItemReader's or ResultWriter's resource and parameters, and gives its configuration. */
  integration(
    field: string,
    value: unknown,
    { resource, config, parameters }: { resource: RegExp; config: string; parameters: readonly string[] },
  ): Definition {
    if (value === undefined) return {};
    const given = value as Definition;
    this.onlyFields(field, given, ["Resource", "Parameters", config]);
    if (!resource.test(String(given["Resource"])))
      throw new Error(`State ${this.#state}: ${field}.Resource ${given["Resource"]} is not supported`);
    const named = (given["Parameters"] ?? {}) as Definition;
    this.onlyFields(
      `${field}.Parameters`,
      named,
      parameters.flatMap((parameter) => [parameter, `${parameter}.$`]),
    );
    for (const parameter of parameters) {
      if (parameter !== "Prefix" && !(parameter in named) && !(`${parameter}.$` in named))
        throw new Error(`State ${this.#state}: ${field}.Parameters has no ${parameter}`);
    }
    return (given[config] ?? {}) as Definition;
  }

  oneOf<Value extends string>(field: string, value: unknown, known: readonly [Value, ...Value[]]): Value {
    const found = known.find((one) => one === (value ?? known[0]));
    if (!found)
      throw new Error(`State ${this.#state}: ${field} ${value} is not supported; ${known.join(", ")} are`);
    return found;
  }

  onlyFields(where: string, value: Definition, known: readonly string[]): void {
    const unknown = Object.keys(value).filter((key) => !known.includes(key));
    if (unknown.length > 0)
      throw new Error(`State ${this.#state}: ${where}.${unknown.join(", ")} is not supported by local AWS`);
  }
}
