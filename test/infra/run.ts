import { StateMachine } from "aws-local-stepfunctions";
import { type Definition, tasksOf } from "./definition.ts";

/** What a state's function answers; it may throw an error with a `name`. */
// biome-ignore lint/suspicious/noExplicitAny: the states pass JSON of any shape.
export type Answer = (input: any) => unknown;

/** How an execution went. */
export interface Execution {
  /** The Task states in the order they were entered, each with its input. */
  readonly calls: { state: string; input: unknown }[];
  readonly output?: unknown;
  readonly error?: { name: string; message: string };
}

/** When each state is entered, to tell it from when the execution began. */
export const enteredAt = "2000-01-01T00:00:00.000Z";

/** Runs the definition in an interpreter, with an answer for each Task state and no waiting between retries. */
export async function run(
  definition: Definition,
  input: unknown,
  answers: Record<string, Answer>,
): Promise<Execution> {
  const calls: Execution["calls"] = [];
  const names = tasksOf(definition).map(([name]) => name);
  const handlers = names.map((state) => [
    state,
    async (given: unknown) => {
      calls.push({ state, input: structuredClone(given) });
      return answers[state]?.(given);
    },
  ]);
  const machine = new StateMachine(definition as unknown as ConstructorParameters<typeof StateMachine>[0]);
  const { result } = machine.run(input as never, {
    overrides: {
      taskResourceLocalHandlers: Object.fromEntries(handlers),
      retryIntervalOverrides: Object.fromEntries(names.map((name) => [name, 0])),
    },
    context: {
      Execution: { Id: "arn:execution", Input: input as never, RedriveCount: 0 },
      State: { EnteredTime: enteredAt },
    },
  });
  try {
    return { calls, output: await result };
  } catch (error) {
    const { name, message } = (error as Error).cause as Error;
    return { calls, error: { name, message } };
  }
}

/** An error as a function throws it. */
export function named(name: string, message = "said so"): Error {
  return Object.assign(new Error(message), { name });
}
