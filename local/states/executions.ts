import { randomUUID } from "node:crypto";
import type { Outcome } from "../lambda/environment.ts";
import { Refusal } from "../refusal.ts";
import type { Machine } from "./machine.ts";
import { type Ending, Run } from "./run.ts";

/** One execution of a state machine, running or ended. */
export interface Execution {
  readonly arn: string;
  readonly name: string;
  readonly machine: Machine;
  /** JSON text, as given. */
  readonly input: string;
  readonly startedAt: Date;
  stoppedAt?: Date;
  /** Absent while it runs. */
  ending?: Ending;
  readonly run: Run;
  /** Resolves when it has ended. */
  readonly ended: Promise<Ending>;
}

/** What executions need of the rest of local AWS. */
export interface ExecutionsOptions {
  readonly invoke: (machine: Machine, functionArn: string, event: string) => Promise<Outcome>;
  readonly retryIntervalMillis: number | undefined;
}

/** The state machines and their executions. */
export class Executions {
  readonly #options: ExecutionsOptions;
  readonly #machines = new Map<string, Machine>();
  readonly #executions = new Map<string, Execution>();

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

  /** A machine's executions, newest first. */
  of(machineArn: string): Execution[] {
    return [...this.#executions.values()].filter(({ machine }) => machine.arn === machineArn).reverse();
  }

  /** Starts an execution; the same name and input while it runs is the same execution, else ExecutionAlreadyExists. */
  start(machine: Machine, input: string, name: string = randomUUID()): Execution {
    const arn = `${machine.arn.replace(":stateMachine:", ":execution:")}:${name}`;
    const existing = this.#executions.get(arn);
    if (existing && !existing.ending && existing.input === input) return existing;
    if (existing) throw new Refusal("ExecutionAlreadyExists", `Execution Already Exists: '${arn}'`);
    const execution = this.#run({ arn, name, machine, input });
    this.#executions.set(arn, execution);
    return execution;
  }

  /** Aborts what still runs and waits for it. */
  async stopAll(): Promise<void> {
    const running = [...this.#executions.values()].filter(({ ending }) => !ending);
    for (const { run } of running) run.stop({ cause: "Local AWS was stopped" });
    await Promise.all(running.map(({ ended }) => ended));
  }

  #run({ arn, name, machine, input }: Pick<Execution, "arn" | "name" | "machine" | "input">): Execution {
    const startedAt = new Date();
    const context = { Id: arn, Name: name, Input: JSON.parse(input), RoleArn: machine.role.arn };
    const run = new Run({
      machine,
      input,
      execution: { ...context, StartTime: startedAt.toISOString(), RedriveCount: 0 },
      invoke: (functionArn, event) => this.#options.invoke(machine, functionArn, event),
      intervalMillis: this.#options.retryIntervalMillis,
    });
    const ended = run.complete().then((ending) => {
      execution.stoppedAt = new Date();
      execution.ending = ending;
      return ending;
    });
    const execution: Execution = { arn, name, machine, input, startedAt, run, ended };
    return execution;
  }
}
