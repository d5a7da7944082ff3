/** One way to authenticate that a server offers. */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  /** By their names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const quotedString = '"(?:[^"\\\\]|\\\\.)*"';
const parameter = new RegExp(`(${token})[ \\t]*=[ \\t]*(?:(${token})|(${quotedString}))`, "y");
const scheme = new RegExp(`(${token})(?:[ \\t]+(?:[0-9A-Za-z._~+/-]+=*(?=[ \\t]*(?:,|$)))?|(?=,|$))`, "y");
const separator = /[ \t,]*/y;

/**
 * The challenges of a WWW-Authenticate header, in its order (RFC 9110, section 11.6.1). What follows a place that
 * cannot be read is left out.
 */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    if (match) at = pattern.lastIndex;
    return match;
  };
  while (take(separator) && at < header.length) {
    const current = challenges.at(-1);
    const pair = current && take(parameter);
    if (pair) {
      const [, name = "", plain, inQuotes] = pair;
      // The first of equal ones: there must be no second.
      if (!current.parameters.has(name.toLowerCase())) {
        current.parameters.set(name.toLowerCase(), plain ?? unquoted(inQuotes));
      }
      continue;
    }
    const named = take(scheme);
    if (!named) break;
    challenges.push({ scheme: (named[1] ?? "").toLowerCase(), parameters: new Map() });
  }
  return challenges;
}

function unquoted(text = ""): string {
  return text.slice(1, -1).replace(/\\(.)/g, "$1");
}
