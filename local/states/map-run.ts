import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { StateMachine, type StateMachineDefinition } from "aws-local-stepfunctions";
import type { DistributedMap } from "./definition.ts";
import type { MapSettings } from "./distributed-map.ts";
import type { Execution } from "./executions.ts";
import { checkPayload, Failure } from "./failure.ts";
import { type Items, readItems } from "./items.ts";
import type { Machine } from "./machine.ts";
import type { Objects } from "./objects.ts";
import { destinationOf, writeResults } from "./results.ts";
import { concurrencyOf, exceeds, type Tolerance, toleranceOf } from "./tolerance.ts";

/** What a Map Run works on. */
export interface MapRunOptions {
  readonly map: DistributedMap;
  readonly settings: MapSettings;
  /** The machine that has the map, and its execution's ARN. */
  readonly machine: Machine;
  readonly executionArn: string;
  /** The context object, for the ItemSelector. */
  readonly context: Readonly<Record<string, unknown>>;
  readonly objects: Objects;
  /** Starts a child of this Map Run. */
  readonly start: (child: { machine: Machine; input: string; mapRun: MapRun }) => Execution;
  /** Goes on with a child that failed. */
  readonly redrive: (child: Execution) => void;
  /** Throws when the machine's role may not do this. */
  readonly authorize: (action: string, resource: string) => void;
}

/** The status of a Map Run. */
export type MapRunStatus = "RUNNING" | "SUCCEEDED" | "FAILED" | "ABORTED";

// Step Functions' own most; and what one process can have at work at once to any use.
const MOST_CHILDREN = 10_000;
const MOST_AT_WORK = 200;
// So many children keep their history.
const HISTORIES = 5_000;

/** One run of a Distributed Map: a child execution for each item. */
export class MapRun {
  readonly arn: string;
  readonly executionArn: string;
  /** What its children run. */
  readonly machine: Machine;
  readonly startedAt = new Date();
  readonly children: Execution[] = [];
  stoppedAt: Date | undefined;
  status: MapRunStatus = "RUNNING";
  redriveCount = 0;
  redrivenAt: Date | undefined;
  total = 0;
  resultsWritten = 0;
  maxConcurrency = 0;
  tolerance: Tolerance = { count: undefined, percentage: undefined };
  /** Whether a redrive goes on with it; if not, it starts a new Map Run. */
  redrivable = true;
  /** Resolves when nothing of it is at work any more. */
  ended: Promise<unknown> = Promise.resolve();
  readonly #options: MapRunOptions;
  readonly #selector: StateMachine | undefined;
  readonly #running = new Set<Execution>();
  /** Failed children that are to be redriven. */
  readonly #waiting = new Set<Execution>();
  #failed = 0;
  #stopping = false;

  constructor(options: MapRunOptions) {
    const { map, machine, executionArn } = options;
    this.#options = options;
    this.executionArn = executionArn;
    this.arn = `${machine.arn.replace(":stateMachine:", ":mapRun:")}/${map.label}:${randomUUID()}`;
    this.machine = {
      ...machine,
      arn: `${machine.arn}/${map.label}`,
      name: `${machine.name}/${map.label}`,
      prepared: map.processor,
    };
    this.#selector = map.selector && selectorOf(map.selector);
  }

  /** A child's status as the API shows it. */
  statusOf(child: Execution): string {
    return this.#waiting.has(child) ? "PENDING_REDRIVE" : (child.ending?.status ?? "RUNNING");
  }

  /** Runs, or goes on with what has not succeeded, and gives the Map state's result; throws a Failure. */
  complete(): Promise<unknown> {
    const completed = this.#complete();
    this.ended = completed.catch(() => undefined);
    return completed;
  }

  /** Makes the run that failed ready to go on; throws States.Permissions when the role may not redrive its children. */
  redrive(): void {
    const failed = this.children.filter(({ ending }) => ending && ending.status !== "SUCCEEDED");
    for (const child of failed) this.#allowed("states:RedriveExecution", child.arn);
    for (const child of failed) this.#waiting.add(child);
    this.#failed = 0;
    this.#stopping = false;
    this.status = "RUNNING";
    this.stoppedAt = undefined;
    this.redriveCount += 1;
    this.redrivenAt = new Date();
  }

  /** Aborts the run and its children. */
  stop(): void {
    if (this.status !== "RUNNING") return;
    this.status = "ABORTED";
    this.#halt();
  }

  async #complete(): Promise<unknown> {
    try {
      const result = await this.#process();
      if (this.status === "RUNNING") this.status = "SUCCEEDED";
      return result;
    } catch (error) {
      if (this.status === "RUNNING") this.status = "FAILED";
      this.redrivable = !["States.DataLimitExceeded", "States.Runtime"].includes((error as Error).name);
      throw error;
    } finally {
      this.#waiting.clear();
      this.stoppedAt = new Date();
    }
  }

  async #process(): Promise<unknown> {
    const { map, settings, machine, objects } = this.#options;
    this.tolerance = toleranceOf(settings);
    this.maxConcurrency = concurrencyOf(settings);
    this.#allowed("states:StartExecution", machine.arn);
    const items = await readItems({ map, settings, machine, objects });
    this.total = items.total;
    await this.#work(items);
    if (this.status === "ABORTED") throw new Failure("States.Aborted", "", { terminal: true });
    const exceeded = exceeds(this.tolerance, this.#failed, this.total);
    const result = await this.#result(items, exceeded);
    if (!exceeded) return result;
    const cause = "The specified tolerated failure threshold was exceeded";
    throw new Failure("States.ExceedToleratedFailureThreshold", cause);
  }

  /** Has children at work until all items are done or no more may start. */
  async #work(items: Items): Promise<void> {
    const steps = this.#steps(items);
    const atWork = Math.min(this.maxConcurrency || MOST_CHILDREN, MOST_AT_WORK, this.total);
    const worker = async () => {
      for (let step = await steps.next(); !step.done && !this.#stopping; step = await steps.next())
        await this.#follow(step.value());
    };
    const workers = Array.from({ length: atWork }, () =>
      worker().catch((error: unknown) => {
        this.#halt();
        throw error;
      }),
    );
    const ended = await Promise.allSettled(workers);
    await steps.return();
    const failure = ended.find((one) => one.status === "rejected");
    if (failure) throw failure.reason;
  }

  /** What is to be done, one step for each child: first those that are redriven, then those that are not yet started. */
  async *#steps(items: Items): AsyncGenerator<() => Execution, void> {
    for (const child of [...this.#waiting]) {
      yield () => {
        this.#waiting.delete(child);
        this.#options.redrive(child);
        return child;
      };
    }
    for await (const input of this.#inputs(items)) yield () => this.#start(input);
  }

  /** The inputs of the children that are not yet started, as JSON texts. */
  async *#inputs(items: Items): AsyncGenerator<string> {
    let index = this.children.length;
    for await (const value of items.from(index)) {
      const input = await this.#select(index++, value);
      checkPayload(input, "input of a child execution");
      yield JSON.stringify(input);
    }
  }

  async #select(Index: number, Value: unknown): Promise<unknown> {
    if (!this.#selector) return Value;
    const { settings, context } = this.#options;
    const input = settings.input as Parameters<StateMachine["run"]>[0];
    const selected = this.#selector.run(input, { context: { ...context, Map: { Item: { Index, Value } } } });
    return selected.result.catch((error: Error) => {
      throw error.cause;
    });
  }

  #start(input: string): Execution {
    const child = this.#options.start({ machine: this.machine, input, mapRun: this });
    this.children.push(child);
    return child;
  }

  async #follow(child: Execution): Promise<void> {
    this.#running.add(child);
    const { status } = await child.ended;
    // Children without tasks or waits would leave no turn to anything else in this process.
    await setImmediate();
    this.#running.delete(child);
    if (this.children.length > HISTORIES) child.run.history.drop();
    if (status !== "SUCCEEDED") this.#failed += 1;
    if (exceeds(this.tolerance, this.#failed, this.total)) this.#halt();
  }

  /** Starts no child any more and stops those at work. */
  #halt(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    for (const { run } of this.#running) run.stop({});
  }

  async #result(items: Items, exceeded: boolean): Promise<unknown> {
    const { map, settings, machine, objects } = this.#options;
    const { writer } = settings;
    if (!writer) return exceeded ? undefined : outputs(this.children);
    const destination = destinationOf(writer, (address, content) => objects.write(machine, address, content));
    const result = await writeResults(
      {
        mapRunArn: this.arn,
        shape: map,
        children: this.children,
        pending: this.total - this.children.length,
        pendingInputs: () => this.#inputs(items),
      },
      destination,
    );
    this.resultsWritten = this.children.length;
    return result;
  }

  #allowed(action: string, resource: string): void {
    try {
      this.#options.authorize(action, resource);
    } catch (error) {
      throw new Failure("States.Permissions", (error as Error).message);
    }
  }
}

/** A machine whose output is what the ItemSelector makes of its input and context. */
function selectorOf(Parameters: Readonly<Record<string, unknown>>): StateMachine {
  const definition = { StartAt: "Select", States: { Select: { Type: "Pass", Parameters, End: true } } };
  return new StateMachine(definition as unknown as StateMachineDefinition, {
    validationOptions: { noValidate: true },
  });
}

/** The outputs of the children that succeeded; throws States.DataLimitExceeded. */
function outputs(children: readonly Execution[]): unknown[] {
  const results = children.flatMap(({ ending }) =>
    ending?.status === "SUCCEEDED" ? [JSON.parse(ending.output)] : [],
  );
  checkPayload(results, "result of the Map state");
  return results;
}
