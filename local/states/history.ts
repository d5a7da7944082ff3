/** One event of an execution's history, with the details field that AWS gives its type. */
export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly type: string;
  /** Epoch seconds. */
  readonly timestamp: number;
  readonly [details: string]: unknown;
}

/** What the interpreter tells of a run. */
export interface InterpreterEvent {
  readonly type: string;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly state?: {
    readonly name: string;
    readonly type: string;
    readonly input: unknown;
    readonly output?: unknown;
  };
  readonly parentState?: { readonly name: string };
  readonly index?: number;
  readonly Error?: string;
  readonly Cause?: unknown;
}

/** An execution's history, translated from the interpreter's events to Step Functions' as they come. */
export class History {
  readonly #events: HistoryEvent[] = [];
  #dropped = false;
  #count = 0;
  readonly #last = new Map<string, number>();
  readonly #caught = new Set<string>();
  readonly #resources: ReadonlyMap<string, { readonly functionArn: string }>;

  constructor(resources: ReadonlyMap<string, { readonly functionArn: string }>) {
    this.#resources = resources;
  }

  /** The events, oldest first; none when they were dropped. */
  get events(): readonly HistoryEvent[] {
    return this.#events;
  }

  get dropped(): boolean {
    return this.#dropped;
  }

  /** How many events there were. */
  get length(): number {
    return this.#count;
  }

  /** Forgets the events so far, to save memory, and keeps none that come. */
  drop(): void {
    this.#dropped = true;
    this.#events.length = 0;
    this.#last.clear();
  }

  /** Adds an event; `branch` keeps a Map iteration's events in a chain of their own. */
  add(type: string, details: object, { timestamp = Date.now(), branch = "" } = {}): void {
    this.#count += 1;
    if (this.#dropped) return;
    const id = this.#count;
    const previousEventId = this.#last.get(branch) ?? this.#last.get("") ?? 0;
    this.#events.push({ timestamp: timestamp / 1000, type, id, previousEventId, ...details });
    this.#last.set(branch, id);
  }

  /** Adds what an interpreter's event stands for; its start and end of the execution are left to the run. */
  translate(event: InterpreterEvent): void {
    const options = {
      timestamp: event.timestamp,
      branch: event.index === undefined ? "" : String(event.index),
    };
    const caught = event.type === "StateExited" && this.#caught.delete(options.branch);
    // A state whose error was caught is left without having succeeded.
    const all = translations(event, this.#resources);
    for (const [type, details] of caught ? all.slice(-1) : all) this.add(type, details, options);
    if (event.type === "StateCaught") this.#caught.add(options.branch);
    if (event.type === "StateExited" && event.state?.type === "Map") this.#forgetBranches();
  }

  #forgetBranches(): void {
    for (const branch of this.#last.keys()) if (branch) this.#last.delete(branch);
  }
}

type Translation = [type: string, details: object];

function translations(
  event: InterpreterEvent,
  resources: ReadonlyMap<string, { functionArn: string }>,
): Translation[] {
  const { state, type } = event;
  if (type.startsWith("MapIteration")) {
    const details = { name: event.parentState?.name, index: event.index };
    return [[type, { [`${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`]: details }]];
  }
  if (!state) return [];
  const resource = resources.get(state.name)?.functionArn;
  switch (type) {
    case "StateEntered":
      return [entered(state), ...attempt(state, resource)];
    case "StateRetried":
      return attempt(state, resource);
    case "StateFailed":
      return failed(state, event);
    case "StateExited":
      return exited(state);
    default:
      return [];
  }
}

type State = NonNullable<InterpreterEvent["state"]>;

function entered({ name, type, input }: State): Translation {
  return [
    `${type}StateEntered`,
    { stateEnteredEventDetails: { name, input: JSON.stringify(input), inputDetails: WHOLE } },
  ];
}

/** What a state does once entered, and again when it is retried. */
function attempt({ type, input }: State, resource: string | undefined): Translation[] {
  if (type === "Map") return [["MapStateStarted", { mapStateStartedEventDetails: {} }]];
  if (type === "Parallel") return [["ParallelStateStarted", {}]];
  if (type !== "Task") return [];
  const scheduled = { resource, input: JSON.stringify(input), inputDetails: WHOLE };
  return [
    ["LambdaFunctionScheduled", { lambdaFunctionScheduledEventDetails: scheduled }],
    ["LambdaFunctionStarted", {}],
  ];
}

function failed({ type }: State, { Error: error, Cause: cause }: InterpreterEvent): Translation[] {
  if (type === "Map") return [["MapStateFailed", {}]];
  if (type === "Parallel") return [["ParallelStateFailed", {}]];
  if (type !== "Task") return [];
  if (error === "States.Timeout")
    return [["LambdaFunctionTimedOut", { lambdaFunctionTimedOutEventDetails: { error, cause } }]];
  return [["LambdaFunctionFailed", { lambdaFunctionFailedEventDetails: { error, cause } }]];
}

function exited({ name, type, output }: State): Translation[] {
  const text = { output: JSON.stringify(output), outputDetails: WHOLE };
  const exit: Translation = [`${type}StateExited`, { stateExitedEventDetails: { name, ...text } }];
  if (type === "Task")
    return [["LambdaFunctionSucceeded", { lambdaFunctionSucceededEventDetails: text }], exit];
  if (type === "Map" || type === "Parallel") return [[`${type}StateSucceeded`, {}], exit];
  return [exit];
}

const WHOLE = { truncated: false };
