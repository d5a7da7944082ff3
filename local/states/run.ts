import { setImmediate } from "node:timers/promises";
import {
  ExecutionAbortedError,
  ExecutionTimeoutError,
  StateMachine,
  type StateMachineDefinition,
} from "aws-local-stepfunctions";
import type { Outcome } from "../lambda/environment.ts";
import type { DistributedMap, TaskTarget } from "./definition.ts";
import type { MapSettings } from "./distributed-map.ts";
import { checkPayload, Failure } from "./failure.ts";
import { History, type InterpreterEvent } from "./history.ts";
import type { Machine } from "./machine.ts";
import type { MapRun } from "./map-run.ts";
import { MapStates } from "./map-states.ts";

/** How an execution ended. */
export type Ending =
  | { readonly status: "SUCCEEDED"; readonly output: string }
  | { readonly status: "FAILED" | "TIMED_OUT" | "ABORTED"; readonly error?: string; readonly cause?: string };

/** What a run needs of its surroundings. */
export interface RunOptions {
  readonly machine: Machine;
  readonly input: string;
  /** `$$.Execution`. */
  readonly execution: Readonly<Record<string, unknown>>;
  /** Runs a function as the state machine's role; throws a Failure when the role may not. */
  readonly invoke: (functionArn: string, event: string) => Promise<Outcome>;
  /** Makes a Map Run of this execution. */
  readonly distribute: (map: DistributedMap, settings: MapSettings, context: Context) => MapRun;
  /** Milliseconds to wait before every retry and in every Wait state, in place of the definition's. */
  readonly intervalMillis: number | undefined;
  /** The run of the same execution that failed and that this one goes on with. */
  readonly earlier?: Run | undefined;
}

type Context = Readonly<Record<string, unknown>>;

const HISTORY_LIMIT = 25_000;

/** One run of a definition on the interpreter, with what Step Functions adds: limits, history and the context object. */
export class Run {
  readonly history: History;
  readonly #options: RunOptions;
  readonly #stoppedMaps = new Set<string>();
  /** The state of the top level that was entered last, and its input. */
  #position: { state: string; input: unknown } | undefined;
  readonly #mapStates: MapStates;
  #abort = () => {};
  #failure: Failure | undefined;
  #stopped: { error?: string | undefined; cause?: string | undefined } | undefined;

  constructor(options: RunOptions) {
    this.#options = options;
    const { earlier, machine } = options;
    this.history = earlier?.history ?? new History(machine.prepared.tasks);
    this.#mapStates = new MapStates(this.history, ({ map, settings }) =>
      options.distribute(map, settings, this.#context()),
    );
    if (earlier === undefined) return;
    this.#position = earlier.#position;
    this.#mapStates.resume(earlier.#mapStates, this.#position?.state);
  }

  /** Runs to the end; never rejects. */
  async complete(): Promise<Ending> {
    this.#begin();
    const ending = await this.#interpret();
    this.#mapStates.stop();
    await this.#mapStates.ended();
    const name = ENDINGS[ending.status];
    const { status, ...rest } = ending;
    this.history.add(name, { [`${name.charAt(0).toLowerCase()}${name.slice(1)}EventDetails`]: rest });
    this.#abort = () => {};
    return ending;
  }

  /** Ends the run as aborted. */
  stop(reason: { error?: string | undefined; cause?: string | undefined }): void {
    this.#stopped ??= reason;
    this.#mapStates.stop();
    this.#abort();
  }

  #begin(): void {
    const { machine, input, earlier, execution } = this.#options;
    const details = { input, inputDetails: { truncated: false }, roleArn: machine.role.arn };
    const redriven = { redriveCount: execution["RedriveCount"] };
    if (earlier) this.history.add("ExecutionRedriven", { executionRedrivenEventDetails: redriven });
    else this.history.add("ExecutionStarted", { executionStartedEventDetails: details });
  }

  async #interpret(): Promise<Ending> {
    const { machine, input } = this.#options;
    const definition = machine.prepared.definition as unknown as StateMachineDefinition;
    const position = this.#position ?? { state: definition.StartAt, input: JSON.parse(input) };
    const StartAt = position.state;
    // The definition was validated when it was deployed, before it was adapted.
    const interpreter = new StateMachine(
      { ...definition, StartAt },
      { validationOptions: { noValidate: true } },
    );
    const run = interpreter.run(position.input as Parameters<StateMachine["run"]>[0], {
      overrides: this.#overrides(),
      context: this.#context(),
    });
    this.#abort = run.abort;
    const followed = this.#follow(run.eventLogs as AsyncIterable<InterpreterEvent>);
    const ended = run.result.then(
      (output) => this.#succeeded(output),
      (error: unknown) => this.#ended(error),
    );
    await followed;
    return ended;
  }

  async #follow(events: AsyncIterable<InterpreterEvent>): Promise<void> {
    for await (const told of events) {
      const event = this.#asDefined(told);
      this.#locate(event);
      const map = event.state?.type === "Map" ? event.state.name : undefined;
      if (map && event.type === "StateFailed") this.#stoppedMaps.add(map);
      if (map && event.type !== "StateFailed") this.#stoppedMaps.delete(map);
      this.history.translate(event);
      this.#enforce(event);
    }
  }

  /** The event with a Distributed Map as the Map that it is. */
  #asDefined(event: InterpreterEvent): InterpreterEvent {
    const { state } = event;
    if (!state || !this.#options.machine.prepared.maps.has(state.name)) return event;
    return { ...event, state: { ...state, type: "Map" } };
  }

  #locate({ type, state }: InterpreterEvent): void {
    const { States } = this.#options.machine.prepared.definition as { States: object };
    // Names are unique in the machine, so this one is of the top level.
    if (type === "StateEntered" && state && state.name in States)
      this.#position = { state: state.name, input: state.input };
  }

  #enforce({ type, state }: InterpreterEvent): void {
    try {
      if (type === "StateExited") checkPayload(state?.output, `output of state ${state?.name}`);
      if (this.history.length < HISTORY_LIMIT) return;
      const cause = `The execution reached the maximum number of history events (${HISTORY_LIMIT}).`;
      throw new Failure("States.Runtime", cause, { terminal: true });
    } catch (failure) {
      this.#failure ??= failure as Failure;
      this.#abort();
    }
  }

  #succeeded(output: unknown): Ending {
    if (this.#failure) return failed(this.#failure);
    return { status: "SUCCEEDED", output: JSON.stringify(output) };
  }

  #ended(error: unknown): Ending {
    if (this.#failure) return failed(this.#failure);
    if (error instanceof ExecutionAbortedError) return { status: "ABORTED", ...this.#stopped };
    if (error instanceof ExecutionTimeoutError) return { status: "TIMED_OUT", error: "States.Timeout" };
    return failed((error as Error).cause as Error);
  }

  #overrides() {
    const { machine, intervalMillis } = this.#options;
    const { tasks, maps, states, waits } = machine.prepared;
    const performed = [...tasks].map(([name, target]) => [
      name,
      (input: unknown) => this.#perform(target, input),
    ]);
    const distributed = [...maps].map(([name, map]) => [
      name,
      async (settings: unknown) => {
        await this.#caughtUp();
        return this.#mapStates.run({ state: name, map, settings: settings as MapSettings });
      },
    ]);
    const interval = (names: readonly string[]) =>
      intervalMillis === undefined ? {} : Object.fromEntries(names.map((name) => [name, intervalMillis]));
    return {
      taskResourceLocalHandlers: Object.fromEntries([...performed, ...distributed]),
      retryIntervalOverrides: interval(states),
      waitTimeOverrides: interval(waits),
    };
  }

  #context(): Record<string, unknown> {
    const { machine, execution } = this.#options;
    const states = machine.prepared.states.map((Name, index) => {
      // Read while the state's paths are evaluated, which is when it is entered.
      const state = {
        Name,
        get EnteredTime() {
          return new Date().toISOString();
        },
      };
      return [`State${index}`, state];
    });
    return {
      Run: execution,
      StateMachine: { Id: machine.arn, Name: machine.name },
      ...Object.fromEntries(states),
    };
  }

  async #perform({ functionArn, wrapped, map }: TaskTarget, input: unknown): Promise<unknown> {
    await this.#caughtUp();
    // The interpreter still starts the iterations that were queued when their Map failed.
    if (map && this.#stoppedMaps.has(map)) throw new Failure("States.Aborted", "", { terminal: true });
    const event = wrapped ? ((input as { Payload?: unknown }).Payload ?? {}) : input;
    checkPayload(event, "input of the task");
    const outcome = await this.#options.invoke(functionArn, JSON.stringify(event));
    if ("error" in outcome) throw new Failure(outcome.error.errorType, JSON.stringify(outcome.error));
    const result: unknown = JSON.parse(outcome.result);
    checkPayload(result, "result of the task");
    return wrapped ? { ExecutedVersion: "$LATEST", Payload: result, StatusCode: 200 } : result;
  }

  /** Lets #follow see the events up to here first, since only it stops a run that broke a limit. */
  async #caughtUp(): Promise<void> {
    await setImmediate();
    if (this.#failure || this.#stopped) throw new Failure("States.Aborted", "", { terminal: true });
  }
}

const ENDINGS = {
  SUCCEEDED: "ExecutionSucceeded",
  FAILED: "ExecutionFailed",
  TIMED_OUT: "ExecutionTimedOut",
  ABORTED: "ExecutionAborted",
};

function failed(error: Error): Ending {
  // The interpreter's name for a Fail state that gives none.
  if (error.name === "FailStateError") return { status: "FAILED" };
  return { status: "FAILED", error: error.name, cause: error.message };
}
