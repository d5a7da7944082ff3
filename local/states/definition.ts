import { asTask, isDistributed, type MapShape, mapShape } from "./distributed-map.ts";
import { refuseUnsupported } from "./supported.ts";

/** A state or a processor as the template has it. */
export type Definition = { [field: string]: unknown };

/** What a Task state runs. */
export interface TaskTarget {
  readonly functionArn: string;
  /** Whether it is the `lambda:invoke` integration, whose input and output are wrapped. */
  readonly wrapped: boolean;
  /** The Map state it is in, if any. */
  readonly map: string | undefined;
}

/** A Distributed Map made ready to run. */
export interface DistributedMap extends MapShape {
  /** What each of its children runs. */
  readonly processor: Prepared;
}

/** A definition made ready for the interpreter. */
export interface Prepared {
  readonly definition: Definition;
  readonly tasks: ReadonlyMap<string, TaskTarget>;
  /** The Distributed Maps, which stand as Tasks in the definition. */
  readonly maps: ReadonlyMap<string, DistributedMap>;
  /** The names of all states but those of children, at any depth; the context object has the alias `State<n>` for the n-th. */
  readonly states: readonly string[];
  readonly waits: readonly string[];
}

// The interpreter's timers are Node's, which fire at once beyond this (2^31 - 1 ms); Step Functions' own default is years.
const LONGEST_TIMEOUT_SECONDS = 2_147_483;

/** Adapts a definition where the interpreter deviates from Step Functions; throws an Error that names what cannot be run. */
export function prepare(definition: Definition): Prepared {
  return new Walk(new Set(), true).prepared(structuredClone(definition));
}

/** The functions that a machine runs, itself or in its children. */
export function functionArnsOf({ tasks, maps }: Prepared): string[] {
  const own = [...tasks.values()].map(({ functionArn }) => functionArn);
  return [...own, ...[...maps.values()].flatMap(({ processor }) => functionArnsOf(processor))];
}

class Walk {
  readonly #tasks = new Map<string, TaskTarget>();
  readonly #maps = new Map<string, DistributedMap>();
  readonly #states: string[] = [];
  readonly #waits: string[] = [];
  // A state's name is unique in the whole machine (Amazon States Language, "States").
  readonly #names: Set<string>;
  readonly #root: boolean;

  constructor(names: Set<string>, root: boolean) {
    this.#names = names;
    this.#root = root;
  }

  prepared(definition: Definition): Prepared {
    return {
      definition: this.#processor(definition, { map: undefined, top: true }),
      tasks: this.#tasks,
      maps: this.#maps,
      states: this.#states,
      waits: this.#waits,
    };
  }

  #processor(definition: Definition, place: Place): Definition {
    const states = Object.entries(definition["States"] as Record<string, Definition>);
    return {
      ...definition,
      States: Object.fromEntries(states.map(([name, state]) => [name, this.#state(name, state, place)])),
    };
  }

  #state(name: string, state: Definition, { map, top }: Place): Definition {
    if (this.#names.has(name)) throw new Error(`State ${name} is defined twice`);
    refuseUnsupported(name, state);
    this.#names.add(name);
    this.#states.push(name);
    const alias = `State${this.#states.length - 1}`;
    if (isDistributed(state)) return this.#distributed(name, alias, { state, top });
    const { ItemProcessor, Iterator, Branches, ...own } = state;
    const adapted = adapt(alias, own);
    const processor = (ItemProcessor ?? Iterator) as Definition | undefined;
    if (state["Type"] === "Task") this.#tasks.set(name, targetOf(name, state, map));
    if (state["Type"] === "Wait") this.#waits.push(name);
    return {
      ...adapted,
      ...(processor && { ItemProcessor: this.#processor(processor, { map: name, top: false }) }),
      ...(Array.isArray(Branches) && {
        Branches: Branches.map((branch) => this.#processor(branch, { map, top: false })),
      }),
    };
  }

  #distributed(name: string, alias: string, { state, top }: { state: Definition; top: boolean }): Definition {
    if (!top || !this.#root)
      throw new Error(`State ${name}: a Distributed Map is supported only at the top level of a machine`);
    const { ItemProcessor, ...own } = state;
    const shape = mapShape(name, { ...(rewritePaths(own, alias) as Definition), ItemProcessor });
    if ([...this.#maps.values()].some(({ label }) => label === shape.label))
      throw new Error(`State ${name}: Label ${shape.label} is used twice`);
    const processor = new Walk(this.#names, false).prepared(ItemProcessor as Definition);
    this.#maps.set(name, { ...shape, processor });
    return adapt(alias, asTask(own));
  }
}

/** Where a state is: in which inline Map, and whether at the top of its machine. */
interface Place {
  readonly map: string | undefined;
  readonly top: boolean;
}

function adapt(alias: string, state: Definition): Definition {
  const adapted = rewritePaths(state, alias) as Definition;
  // "$" is what holds without them; the interpreter would set a field named "$", and takes null, false and 0 for nothing.
  for (const field of ["InputPath", "OutputPath", "ResultPath"])
    if (adapted[field] === "$") delete adapted[field];
  if (adapted["Type"] === "Task") adapted["TimeoutSeconds"] = timeout(adapted);
  if (Array.isArray(adapted["Choices"])) adapted["Choices"] = adapted["Choices"].map(adaptRule);
  return adapted;
}

function timeout(state: Definition): number | undefined {
  if (state["TimeoutSecondsPath"]) return undefined;
  // Without one the interpreter would give up after 60 seconds.
  return Math.min(Number(state["TimeoutSeconds"] ?? LONGEST_TIMEOUT_SECONDS), LONGEST_TIMEOUT_SECONDS);
}

/** `"IsPresent": false` and its like never hold in the interpreter; their negation does. */
function adaptRule(rule: Definition): Definition {
  const { Next, ...test } = rule;
  const next = Next === undefined ? {} : { Next };
  for (const operator of ["And", "Or"]) {
    if (Array.isArray(test[operator])) return { [operator]: test[operator].map(adaptRule), ...next };
  }
  if (test["Not"]) return { Not: adaptRule(test["Not"] as Definition), ...next };
  const negated = Object.keys(test).find((key) => key.startsWith("Is") && test[key] === false);
  return negated ? { Not: { ...test, [negated]: true }, ...next } : rule;
}

/**
 * Points context paths at what the run puts there: the interpreter overwrites `$$.Execution` (in a Map with the item's), and
 * knows no `$$.State`.
 */
function rewritePaths(value: unknown, alias: string): unknown {
  if (typeof value === "string")
    return value.replace(/\$\$\.Execution\b/g, "$$$$.Run").replace(/\$\$\.State\b/g, `$$$$.${alias}`);
  if (Array.isArray(value)) return value.map((entry) => rewritePaths(entry, alias));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      key,
      isPath(key, entry) ? rewritePaths(entry, alias) : entry,
    ]),
  );
}

function isPath(key: string, value: unknown): boolean {
  return typeof value === "object" || key.endsWith(".$") || key.endsWith("Path") || key === "Variable";
}

function targetOf(name: string, state: Definition, map: string | undefined): TaskTarget {
  const resource = String(state["Resource"]);
  if (resource === "arn:aws:states:::lambda:invoke") {
    const functionArn = (state["Parameters"] as Definition | undefined)?.["FunctionName"];
    if (typeof functionArn !== "string")
      throw new Error(`State ${name}: Parameters.FunctionName must be a function's ARN`);
    return { functionArn: functionArn.replace(/:\$LATEST$/, ""), wrapped: true, map };
  }
  if (/^arn:[^:]+:lambda:[^:]+:\d{12}:function:[^:]+$/.test(resource))
    return { functionArn: resource, wrapped: false, map };
  throw new Error(
    `State ${name}: Resource ${resource} is not supported; a function's ARN or arn:aws:states:::lambda:invoke is`,
  );
}
