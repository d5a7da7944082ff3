type Compare = (value: number, bound: number) => boolean;

const EQUAL: Readonly<Record<string, Compare>> = { "=": (value, bound) => value === bound };
const LOWER: Readonly<Record<string, Compare>> = {
  ">": (value, bound) => value > bound,
  ">=": (value, bound) => value >= bound,
};
const UPPER: Readonly<Record<string, Compare>> = {
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
};

/** The operand of `numeric`: one comparison, or a lower bound and an upper one; throws an Error that names it when it is neither. */
export function parseNumeric(operand: unknown, path: string): (value: number) => boolean {
  const terms = Array.isArray(operand) ? operand : [];
  const [first, bottom, second, top] = terms;
  const begin = { ...EQUAL, ...LOWER, ...UPPER }[String(first)];
  const end = UPPER[String(second)];
  if (terms.length === 2 && begin && isNumber(bottom)) return (value) => begin(value, bottom);
  const isRange = terms.length === 4 && String(first) in LOWER && isNumber(bottom) && isNumber(top);
  if (isRange && begin && end && bottom < top) return (value) => begin(value, bottom) && end(value, top);
  throw new Error(
    `${path} is ${JSON.stringify(operand)}; ["=", 1] or a range such as [">", 0, "<=", 5] would be accepted`,
  );
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}
