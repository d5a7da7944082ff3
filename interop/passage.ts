import type { Ended, HistoryEvent } from "./interpreter.ts";

/** What every interpreter has in its history, and what each event tells of. */
const comparable =
  /^(\w+State(Entered|Exited)|LambdaFunction(Scheduled|Failed)|Execution(Started|Succeeded|Failed))$/;
const told = ["name", "resource", "input", "output", "error", "cause"];

// The only function whose state has Parameters: local AWS has in its history what these are given, not what they give.
const withParameters = /:function:.*FinishImages/;

// Lists of what was found or done at once, by their fields.
const unordered = ["created", "copied", "copiedImages", "failed", "failedImages"];

// What is another each time: ids, times and how long something took.
const random: readonly [RegExp, string][] = [
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<id>"],
  [/\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)/g, "<time>"],
  [/"seconds":[\d.]+/g, '"seconds":<n>'],
];

/**
 * What an execution and its children went through, comparable with another run of it: each state's input and output, what each
 * function got and failed with, and the end. In alphabetical order, because the iterations of a Map come in any. `own` is what
 * only this run has to do with, such as its repository.
 */
export function passageOf({ history, children = [] }: Ended, own: string): string[] {
  const lines = history.filter(({ type }) => comparable.test(type)).map((event) => lineOf(event, own));
  return [...lines, ...children.flatMap((child) => passageOfChild(child, own))].toSorted();
}

/** Not every interpreter has in a child's history that it was started and how it ended. */
function passageOfChild({ history, status, output, error, cause }: Ended, own: string): string[] {
  const states = history.filter(({ type }) => !type.startsWith("Execution"));
  const end = { type: `Ended as ${status}`, details: { output, error, cause } };
  return passageOf({ status, history: states }, own)
    .concat(lineOf(end, own))
    .map((line) => `child: ${line}`);
}

function lineOf(event: HistoryEvent, own: string): string {
  const [details = {}] = Object.values(event).filter((value) => typeof value === "object" && value !== null);
  const omitted = withParameters.test(String(Object(details).resource)) ? ["input"] : [];
  const fields = Object.entries(details as Record<string, unknown>).filter(
    ([name]) => told.includes(name) && !omitted.includes(name),
  );
  const line = `${event.type} ${canonical(Object.fromEntries(fields))}`.replaceAll(own, "<own>");
  return random.reduce((text, [pattern, name]) => text.replace(pattern, name), line);
}

/** JSON with its fields in alphabetical order, and read where a text is JSON itself. */
function canonical(value: unknown): string {
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${fieldOf(name, field)}`).join(",")}}`;
}

function fieldOf(name: string, value: unknown): string {
  const isUnordered = Array.isArray(value) && unordered.includes(name);
  return isUnordered ? `[${value.map(canonical).toSorted().join(",")}]` : canonical(value);
}

function text(value: string): string {
  if (!/^[[{]/.test(value)) return JSON.stringify(value);
  try {
    return canonical(JSON.parse(value));
  } catch {
    return JSON.stringify(value);
  }
}
