import { Failure } from "../../core/errors.ts";

/** Which call to interrupt: the nth of an operation, counted from 1, or every one. */
export interface Interruption<T> {
  readonly operation: keyof T & string;
  readonly call: number | "every";
  /** Before the work is done, or after it, in which case a throw is an answer that was lost. */
  readonly when: "before" | "after";
}

/** The same object, of which one call runs `act` before or after its work. */
export function interrupted<T extends object>(
  target: T,
  { operation, call, when }: Interruption<T>,
  act: () => unknown,
): T {
  let calls = 0;
  const work = target[operation] as (...input: unknown[]) => Promise<unknown>;
  const replaced = async (...input: unknown[]) => {
    const now = call === "every" || ++calls === call;
    if (now && when === "before") await act();
    const result = await work.apply(target, input);
    if (now && when === "after") await act();
    return result;
  };
  return new Proxy(target, {
    get(_, name) {
      if (name === operation) return replaced;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Ends a call as a network that breaks does. */
export function breakConnection(): never {
  throw new Failure("Unavailable", { side: "destination", operation: "Any" }, "the connection broke");
}
