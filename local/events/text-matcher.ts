type Test = (text: string) => boolean;

const PARSERS: Readonly<Record<string, (operand: string, path: string) => Test>> = {
  prefix: (start) => (text) => text.startsWith(start),
  suffix: (end) => (text) => text.endsWith(end),
  "equals-ignore-case": (wanted) => (text) => text.toLowerCase() === wanted.toLowerCase(),
  wildcard: parseWildcard,
};

/** The operators of patterns that compare texts. */
export const TEXT_OPERATORS = Object.keys(PARSERS);

/** A text operator with its operand; throws an Error that names it when the operand is not of its form. */
export function parseText(operator: string, operand: unknown, path: string): Test {
  const folded = ["prefix", "suffix"].includes(operator) ? ignoringCase(operand) : undefined;
  if (folded !== undefined) {
    const test = parseText(operator, folded.toLowerCase(), path);
    return (text) => test(text.toLowerCase());
  }
  const parse = PARSERS[operator];
  if (typeof operand !== "string" || !parse)
    throw new Error(`${path} is ${JSON.stringify(operand)}; a text would be accepted`);
  return parse(operand, path);
}

/** The text of `{"equals-ignore-case": text}`, which a prefix or suffix may be. */
function ignoringCase(operand: unknown): string | undefined {
  if (typeof operand !== "object" || operand === null || Object.keys(operand).length !== 1) return undefined;
  const text = (operand as Record<string, unknown>)["equals-ignore-case"];
  return typeof text === "string" ? text : undefined;
}

/** `*` is any characters; `\*` and `\\` are the characters themselves. */
function parseWildcard(pattern: string, path: string): Test {
  if (!/^(\*(?!\*)|\\[*\\]|[^*\\])*$/s.test(pattern)) {
    const accepted = "a text where \\ stands before * or \\ only, and no * beside another, would be accepted";
    throw new Error(`${path} is ${JSON.stringify(pattern)}; ${accepted}`);
  }
  const expression = pattern.replace(/\\([*\\])|\*|[.+?^${}()|[\]]/g, (found, escaped) =>
    found === "*" ? ".*" : `\\${escaped ?? found}`,
  );
  const compiled = new RegExp(`^${expression}$`, "s");
  return (text) => compiled.test(text);
}
