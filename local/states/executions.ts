import { randomUUID } from "node:crypto";
import type { Outcome } from "../lambda/environment.ts";
import { Refusal } from "../refusal.ts";
import type { Machine } from "./machine.ts";
import { MapRun, type MapRunOptions } from "./map-run.ts";
import type { Objects } from "./objects.ts";
import { redriveStatus } from "./redrive-status.ts";
import { type Ending, Run } from "./run.ts";

/** One execution of a state machine, running or ended. */
export interface Execution {
  readonly arn: string;
  readonly name: string;
  readonly machine: Machine;
  /** JSON text, as given. */
  readonly input: string;
  readonly startedAt: Date;
  stoppedAt?: Date | undefined;
  /** Absent while it runs. */
  ending?: Ending | undefined;
  run: Run;
  /** Resolves when it has ended. */
  ended: Promise<Ending>;
  redriveCount: number;
  redrivenAt?: Date;
  /** The client token of the last redrive. */
  redriveToken?: string | undefined;
  /** The Map Run that it is a child of. */
  readonly mapRun?: MapRun | undefined;
}

/** What executions need of the rest of local AWS. */
export interface ExecutionsOptions {
  readonly invoke: (machine: Machine, functionArn: string, event: string) => Promise<Outcome>;
  /** Throws when the machine's role may not do this. */
  readonly authorize: (machine: Machine, action: string, resource: string) => void;
  readonly objects: Objects;
  readonly retryIntervalMillis: number | undefined;
}

/** The state machines and their executions. */
export class Executions {
  readonly #options: ExecutionsOptions;
  readonly #machines = new Map<string, Machine>();
  readonly #executions = new Map<string, Execution>();
  readonly #mapRuns = new Map<string, MapRun>();

  constructor(options: ExecutionsOptions) {
    this.#options = options;
  }

  addMachine(machine: Machine): void {
    this.#machines.set(machine.arn, machine);
  }

  machines(): Machine[] {
    return [...this.#machines.values()];
  }

  /** Throws StateMachineDoesNotExist. */
  machine(arn: string): Machine {
    const machine = this.#machines.get(arn);
    if (!machine) throw new Refusal("StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}'`);
    return machine;
  }

  /** Throws ExecutionDoesNotExist. */
  get(arn: string): Execution {
    const execution = this.#executions.get(arn);
    if (!execution) throw new Refusal("ExecutionDoesNotExist", `Execution Does Not Exist: '${arn}'`);
    return execution;
  }

  /** A machine's executions without those of Map Runs, newest first. */
  of(machineArn: string): Execution[] {
    return [...this.#executions.values()].filter(({ machine }) => machine.arn === machineArn).reverse();
  }

  /** Throws ResourceNotFound. */
  mapRun(arn: string): MapRun {
    const mapRun = this.#mapRuns.get(arn);
    if (!mapRun) throw new Refusal("ResourceNotFound", `Resource Not Found: '${arn}'`);
    return mapRun;
  }

  /** An execution's Map Runs, newest first. */
  mapRunsOf(executionArn: string): MapRun[] {
    return [...this.#mapRuns.values()].filter((run) => run.executionArn === executionArn).reverse();
  }

  /** Starts an execution; the same name and input while it runs is the same execution, else ExecutionAlreadyExists. */
  start(machine: Machine, input: string, name: string = randomUUID(), mapRun?: MapRun): Execution {
    const arn = `${machine.arn.replace(":stateMachine:", ":execution:")}:${name}`;
    const existing = this.#executions.get(arn);
    if (existing && !existing.ending && existing.input === input) return existing;
    if (existing) throw new Refusal("ExecutionAlreadyExists", `Execution Already Exists: '${arn}'`);
    const begun = { arn, name, machine, input, startedAt: new Date(), redriveCount: 0, mapRun };
    const execution: Execution = Object.assign(begun, this.#run(begun));
    this.#follow(execution);
    this.#executions.set(arn, execution);
    return execution;
  }

  /** Goes on with an execution at the state that it failed in; throws ExecutionNotRedrivable. */
  redrive(execution: Execution): void {
    const { redriveStatusReason } = redriveStatus(execution);
    if (redriveStatusReason) throw new Refusal("ExecutionNotRedrivable", redriveStatusReason);
    execution.redriveCount += 1;
    execution.redrivenAt = new Date();
    execution.ending = undefined;
    execution.stoppedAt = undefined;
    Object.assign(execution, this.#run(execution, execution.run));
    this.#follow(execution);
  }

  /** Aborts what still runs and waits for it. */
  async stopAll(): Promise<void> {
    const running = [...this.#executions.values()].filter(({ ending }) => !ending);
    for (const { run } of running) run.stop({ cause: "Local AWS was stopped" });
    await Promise.all(running.map(({ ended }) => ended));
  }

  #run(execution: Omit<Execution, "run" | "ended">, earlier?: Run): Pick<Execution, "run" | "ended"> {
    const { arn, name, machine, input, startedAt, redriveCount, redrivenAt } = execution;
    const { invoke, retryIntervalMillis } = this.#options;
    const run = new Run({
      machine,
      input,
      execution: {
        Id: arn,
        Name: name,
        Input: JSON.parse(input),
        RoleArn: machine.role.arn,
        StartTime: startedAt.toISOString(),
        RedriveCount: redriveCount,
        ...(redrivenAt && { RedriveTime: redrivenAt.toISOString() }),
      },
      invoke: (functionArn, event) => invoke(machine, functionArn, event),
      distribute: (map, settings, context) => this.#distribute({ map, settings, context, machine }, arn),
      intervalMillis: retryIntervalMillis,
      earlier,
    });
    return { run, ended: run.complete() };
  }

  #follow(execution: Execution): void {
    execution.ended = execution.ended.then((ending) => {
      execution.stoppedAt = new Date();
      execution.ending = ending;
      return ending;
    });
  }

  #distribute(
    given: Pick<MapRunOptions, "map" | "settings" | "context" | "machine">,
    executionArn: string,
  ): MapRun {
    const { authorize, objects } = this.#options;
    const mapRun = new MapRun({
      ...given,
      executionArn,
      objects,
      start: ({ machine, input, mapRun }) => this.start(machine, input, undefined, mapRun),
      redrive: (child) => this.redrive(child),
      authorize: (action, resource) => authorize(given.machine, action, resource),
    });
    this.#mapRuns.set(mapRun.arn, mapRun);
    return mapRun;
  }
}
