import { quoted } from "./quoted.ts";

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** What the values from the least on are called, too. */
  readonly names?: readonly string[];
  /** What stands in the place of a list. */
  readonly alone?: { readonly pattern: RegExp; readonly form: string };
  readonly steps: boolean;
}

const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const fields: readonly Field[] = [
  { name: "minutes", least: 0, most: 59, steps: true },
  { name: "hours", least: 0, most: 23, steps: true },
  {
    name: "day-of-month",
    least: 1,
    most: 31,
    steps: true,
    alone: { pattern: /^(\?|L|([1-9]|[12]\d|3[01])W)$/, form: "?, L or <day>W" },
  },
  { name: "month", least: 1, most: 12, steps: true, names: months },
  {
    name: "day-of-week",
    least: 1,
    most: 7,
    steps: false,
    names: days,
    alone: {
      pattern: new RegExp(`^(\\?|L|([1-7]|${days.join("|")})(L|#[1-5]))$`),
      form: "?, L, <day>L or <day>#<1-5>",
    },
  },
  { name: "year", least: 1970, most: 2199, steps: true },
];

/** What stands inside the parentheses of a cron expression, for messages. */
export const cronForm = fields.map(({ name }) => name).join(" ");

/**
 * What is wrong with the six fields of a cron expression, if anything is (EventBridge Scheduler User Guide, "Schedule
 * types", "Cron-based schedules"). Only what the page describes is accepted.
 */
export function cronProblem(text: string): string | undefined {
  const values = text.split(/\s+/).filter((value) => value !== "");
  if (values.length !== fields.length) {
    return `has ${values.length} fields; expected six: ${cronForm}`;
  }
  if (values.join(" ") !== text) return "has other spaces than one between fields";
  const problem = fields
    .map((field, at) => fieldProblem(field, values[at] ?? ""))
    .find((found) => found !== undefined);
  if (problem !== undefined) return problem;
  const [, , dayOfMonth, , dayOfWeek] = values;
  if ((dayOfMonth === "?") !== (dayOfWeek === "?")) return undefined;
  return `has the day-of-month '${dayOfMonth}' and the day-of-week '${dayOfWeek}'; expected ? for one of them, and no ? for the other`;
}

function fieldProblem(field: Field, value: string): string | undefined {
  if (field.alone?.pattern.test(value)) return undefined;
  const items = value.split(",");
  const reason = items.map((item) => itemProblem(field, item, items.length > 1)).find((found) => found);
  return reason && `has the ${field.name} ${quoted(value)}: ${reason}; expected ${formOf(field)}`;
}

function formOf({ least, most, names, steps, alone }: Field): string {
  const named = names ? ` or ${names[0]}-${names.at(-1)}` : "";
  const step = steps ? ", steps such as 1/10" : "";
  const special = alone ? `; or ${alone.form} alone` : "";
  return `${least}-${most}${named}, ranges, lists${step}, or *${special}`;
}

/** What is wrong with one of a field's values, ranges or steps. */
function itemProblem(field: Field, item: string, isListed: boolean): string | undefined {
  const [range = "", step, ...more] = item.split("/");
  if (more.length > 0) return `'${item}' has more than one /`;
  if (step !== undefined && !field.steps) return `'${item}' has a step, which this field has not`;
  if (step !== undefined && !isStep(field, step)) {
    return `'${step}' is no step from 1 to ${longestStep(field)}`;
  }
  if (range === "*") return isListed ? `'${item}' in a list` : undefined;
  const ends = range.split("-");
  if (ends.length > 2) return `'${range}' has more than one -`;
  const numbers = ends.map((end) => numberOf(field, end));
  const at = numbers.indexOf(undefined);
  if (at >= 0) return `'${ends[at]}' is not among the values`;
  const [first = 0, last = first] = numbers;
  return first > last ? `'${range}' ends before it begins, and needs two ranges` : undefined;
}

function longestStep({ least, most }: Field): number {
  return Math.min(most, most - least + 1);
}

function isStep(field: Field, step: string): boolean {
  return /^\d{1,3}$/.test(step) && Number(step) >= 1 && Number(step) <= longestStep(field);
}

function numberOf({ least, most, names }: Field, text: string): number | undefined {
  const named = names?.indexOf(text) ?? -1;
  if (named >= 0) return named + least;
  if (!/^\d+$/.test(text) || text.length > String(most).length) return undefined;
  const number = Number(text);
  return number >= least && number <= most ? number : undefined;
}
