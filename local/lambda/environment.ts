import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { residentKiB } from "./memory.ts";
import type { Answer, FunctionError, Invocation } from "./protocol.ts";

/** How a function environment is started. */
export interface EnvironmentOptions {
  readonly taskRoot: string;
  readonly memoryMiB: number;
  readonly variables: Readonly<Record<string, string>>;
  /** Names the environment: the access key id its calls are signed with. */
  readonly accessKeyId: string;
  readonly onLog: (text: string) => void;
}

/** How an invocation ended: the result as JSON text, or the error. */
export type Outcome = { readonly result: string } | { readonly error: FunctionError };

const BOOTSTRAP = join(import.meta.dirname, "bootstrap.js");
const MEMORY_CHECK_MILLIS = 200;

/** One function environment: a child process that runs one invocation at a time and is reused until it dies. */
export class Environment {
  readonly accessKeyId: string;
  readonly #child: ChildProcess;
  readonly #memoryMiB: number;
  readonly #ended: Promise<void>;
  #alive = true;
  #manner = "signal: killed";
  #peakKiB = 0;
  #causeOfDeath: FunctionError | undefined;
  #settle: ((answer: Answer) => void) | undefined;
  readonly #started: Promise<Answer>;

  constructor(options: EnvironmentOptions) {
    this.accessKeyId = options.accessKeyId;
    this.#memoryMiB = options.memoryMiB;
    this.#child = start(options);
    this.#started = this.#nextAnswer();
    this.#child.on("message", (answer: Answer) => this.#receive(answer));
    this.#child.stdout?.setEncoding("utf8").on("data", options.onLog);
    this.#child.stderr?.setEncoding("utf8").on("data", options.onLog);
    this.#ended = new Promise((resolve) => this.#child.once("close", resolve)).then(() => this.#die());
    this.#child.once("exit", (code, signal) => {
      this.#manner = signal ? `signal: ${signal === "SIGKILL" ? "killed" : signal}` : `exit status ${code}`;
      this.#die();
    });
    void this.#watchMemory();
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Peak resident memory so far, in KiB. */
  get peakKiB(): number {
    return this.#peakKiB;
  }

  /** Runs one event; the deadline counts from when the environment is ready, as Lambda's initialisation does not count. */
  async invoke(invocation: Omit<Invocation, "deadline">, timeoutMillis: number): Promise<Outcome> {
    const started = await this.#started;
    if (started.kind === "error") {
      this.kill();
      return { error: this.#causeOfDeath ?? started.error };
    }
    if (!this.#alive) return { error: this.#exitError(invocation.requestId) };
    const answered = this.#nextAnswer();
    this.#child.send({ ...invocation, deadline: Date.now() + timeoutMillis }, () => {});
    const timer = setTimeout(() => this.#timeOut(invocation.requestId, timeoutMillis), timeoutMillis);
    const answer = await answered;
    clearTimeout(timer);
    if (answer.kind === "result") return { result: answer.result };
    return {
      error:
        this.#causeOfDeath ??
        (answer.kind === "error" && this.#alive ? answer.error : this.#exitError(invocation.requestId)),
    };
  }

  /** Kills the process at once, as an out-of-memory or a lost host would. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Kills the process and waits until it is gone. */
  async stop(): Promise<void> {
    this.kill();
    await this.#ended;
  }

  #receive(answer: Answer): void {
    if (answer.kind !== "ready") this.#notePeak(answer.peakKiB);
    this.#settle?.(answer);
  }

  #nextAnswer(): Promise<Answer> {
    return new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  #die(): void {
    this.#alive = false;
    this.#settle?.({ kind: "error", error: this.#exitError("initialisation"), peakKiB: 0 });
  }

  #exitError(requestId: string): FunctionError {
    const errorMessage = `RequestId: ${requestId} Error: Runtime exited with error: ${this.#manner}`;
    return { errorType: "Runtime.ExitError", errorMessage };
  }

  #timeOut(requestId: string, millis: number): void {
    const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${(millis / 1000).toFixed(2)} seconds`;
    this.#causeOfDeath = { errorType: "Sandbox.Timedout", errorMessage };
    this.kill();
  }

  async #watchMemory(): Promise<void> {
    const { pid } = this.#child;
    while (this.#alive && pid) {
      this.#notePeak(await residentKiB(pid));
      if (this.#peakKiB > this.#memoryMiB * 1024) {
        const errorMessage = `Error: Runtime exited with error: signal: killed: ${this.#memoryMiB} MB of memory were exceeded`;
        this.#causeOfDeath = { errorType: "Runtime.OutOfMemory", errorMessage };
        return this.kill();
      }
      await new Promise((resolve) => setTimeout(resolve, MEMORY_CHECK_MILLIS).unref());
    }
  }

  #notePeak(kib: number): void {
    this.#peakKiB = Math.max(this.#peakKiB, kib);
  }
}

function start({ taskRoot, memoryMiB, variables }: EnvironmentOptions): ChildProcess {
  // The Node runtime of Lambda sizes V8's heap by the function's memory in the same way.
  const heap = [
    `--max-old-space-size=${Math.floor(memoryMiB * 0.9)}`,
    `--max-semi-space-size=${Math.ceil(memoryMiB * 0.05)}`,
  ];
  return spawn(process.execPath, [...heap, BOOTSTRAP], {
    cwd: taskRoot,
    env: { ...variables },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
}
