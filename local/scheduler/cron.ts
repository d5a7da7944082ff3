interface Field {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  /** Names of the values from the first on. */
  readonly names: readonly string[];
  /** What may stand alone besides, such as `?`. */
  readonly special: RegExp;
  readonly stepped: boolean;
}

const NONE = /^\b$/;
const MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(" ");
const DAYS = "SUN MON TUE WED THU FRI SAT".split(" ");
const DAY_OF_MONTH = 2;
const DAY_OF_WEEK = 4;
const FIELDS: readonly Field[] = [
  { name: "minutes", first: 0, last: 59, names: [], special: NONE, stepped: true },
  { name: "hours", first: 0, last: 23, names: [], special: NONE, stepped: true },
  {
    name: "day of month",
    first: 1,
    last: 31,
    names: [],
    special: /^(?:[?L]|(?:[1-9]|[12][0-9]|3[01])W)$/,
    stepped: true,
  },
  { name: "month", first: 1, last: 12, names: MONTHS, special: NONE, stepped: true },
  {
    name: "day of week",
    first: 1,
    last: 7,
    names: DAYS,
    special: RegExp(`^(?:[?L]|(?:[1-7]|${DAYS.join("|")})(?:L|#[1-5]))$`),
    stepped: false,
  },
  { name: "year", first: 1970, last: 2199, names: [], special: NONE, stepped: true },
];

/** Checks the six fields of a cron expression (EventBridge Scheduler user guide, "Schedule types"); throws an Error that names the field that is wrong. */
export function checkCron(expression: string, where: string): void {
  const values = expression.split(" ");
  if (values.length !== FIELDS.length)
    throw new Error(
      `${where} has ${values.length} fields; ${FIELDS.length} with a space between them are accepted`,
    );
  for (const [index, field] of FIELDS.entries()) checkField(values[index] ?? "", field, where);
  const questions = [DAY_OF_MONTH, DAY_OF_WEEK].filter((index) => values[index] === "?");
  if (questions.length !== 1)
    throw new Error(`${where}: one of day of month and day of week has to be ?, and not the other`);
}

function checkField(value: string, field: Field, where: string): void {
  if (value === "*" || field.special.test(value)) return;
  for (const part of value.split(",")) if (!isPart(part, field)) throw wrong(value, field, where);
}

/** A value, a range, and either or `*` with a step. */
function isPart(part: string, field: Field): boolean {
  const [range = "", step, ...more] = part.split("/");
  if (more.length > 0) return false;
  if (step === undefined) return isRange(range, field);
  return field.stepped && isStep(step, field) && (range === "*" || isRange(range, field));
}

function isRange(range: string, field: Field): boolean {
  const ends = range.split("-").map((end) => numberOf(end, field));
  const [from, to = from] = ends;
  return (
    ends.length <= 2 && from !== undefined && to !== undefined && !ends.includes(undefined) && from <= to
  );
}

function isStep(step: string, { first, last }: Field): boolean {
  return /^[1-9]\d*$/.test(step) && Number(step) <= last - first + 1;
}

function numberOf(text: string, { names, first, last }: Field): number | undefined {
  if (names.includes(text)) return first + names.indexOf(text);
  const number = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  return number >= first && number <= last ? number : undefined;
}

function wrong(value: string, { name, first, last, names, stepped }: Field, where: string): Error {
  const named = names.length > 0 ? ` or ${names[0]} to ${names.at(-1)}` : "";
  const accepted = `${first} to ${last}${named}, with , and -${stepped ? " and /" : ""}, and * are accepted`;
  return new Error(`${where}: ${name} is ${value}; ${accepted}`);
}
