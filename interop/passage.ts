import type { Ended, HistoryEvent } from "./interpreter.ts";

/** What every interpreter has in its history, and what each event tells of. */
const comparable =
  /^(\w+State(Entered|Exited)|LambdaFunction(Scheduled|Failed)|Execution(Started|Succeeded|Failed))$/;
const told = ["name", "resource", "input", "output", "error", "cause"];

// What is another each time: ids, times and how long something took.
const random: readonly [RegExp, string][] = [
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<id>"],
  [/\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)/g, "<time>"],
  [/"seconds":[\d.]+/g, '"seconds":<n>'],
];

/**
 * What an execution went through, comparable with another run of it: each state's input and output, what each function got and
 * failed with, and the end. In alphabetical order, because the iterations of a Map come in any. `own` is what only this run has
 * to do with, such as its repository.
 */
export function passageOf({ history }: Ended, own: string): string[] {
  return history
    .filter(({ type }) => comparable.test(type))
    .map((event) => lineOf(event, own))
    .toSorted();
}

function lineOf(event: HistoryEvent, own: string): string {
  const [details = {}] = Object.values(event).filter((value) => typeof value === "object" && value !== null);
  const fields = Object.entries(details as Record<string, unknown>).filter(([name]) => told.includes(name));
  const line = `${event.type} ${canonical(Object.fromEntries(fields))}`.replaceAll(own, "<own>");
  return random.reduce((text, [pattern, name]) => text.replace(pattern, name), line);
}

/** JSON with its fields in alphabetical order, and read where a text is JSON itself. */
function canonical(value: unknown): string {
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(",")}}`;
}

function text(value: string): string {
  if (!/^[[{]/.test(value)) return JSON.stringify(value);
  try {
    return canonical(JSON.parse(value));
  } catch {
    return JSON.stringify(value);
  }
}
