/*
 * Patterns in which `*` stands for any run of characters, none and `/` among them, and `?` for one character.
 */

/** A part of a pattern: a character, any one, a run of any (or none), or a run of any but `/`. */
export type WildcardToken = { readonly literal: string } | "one" | "any" | "anyInPart";

/** A pattern in parts. */
export type WildcardTokens = readonly WildcardToken[];

/** What matches a pattern as a whole; at worst it takes as many steps as the product of both lengths. */
export function wildcard(pattern: string): (text: string) => boolean {
  const tokens = [...pattern];
  return (text) => {
    const characters = [...text];
    // A star need never be longer than it takes for the next one: only the last is tried anew.
    let [token, at, star, resume] = [0, 0, -1, 0];
    while (at < characters.length) {
      if (tokens[token] === "*") {
        star = token++;
        resume = at;
      } else if (token < tokens.length && ["?", characters[at]].includes(tokens[token])) {
        token++;
        at++;
      } else if (star >= 0) {
        token = star + 1;
        at = ++resume;
      } else return false;
    }
    return tokens.slice(token).every((rest) => rest === "*");
  };
}

/** The parts of a pattern, in which `{<name>}` is what `placeholders` has for the name. */
export function tokensOf(
  pattern: string,
  { placeholders = {} }: { placeholders?: Readonly<Record<string, "any" | "anyInPart">> } = {},
): WildcardTokens {
  const runs = new Map(Object.entries(placeholders));
  return (pattern.match(/\{[^{}]*\}|./gsu) ?? []).flatMap((piece) => {
    const run = runs.get(piece.slice(1, -1));
    return piece.length > 1 && run ? [run] : [...piece].map(tokenOf);
  });
}

function tokenOf(character: string): WildcardToken {
  if (character === "*") return "any";
  return character === "?" ? "one" : { literal: character };
}

/** Whether there is a text that matches both of two patterns; in as many steps as the product of both lengths. */
export function overlaps(a: WildcardTokens, b: WildcardTokens): boolean {
  // At j it says whether some text ends the parts of `a` so far and the first j of `b`.
  let reached: boolean[] = [true];
  for (const token of a) {
    const next: boolean[] = [];
    for (let j = 0; j <= b.length; j++) {
      if (!reached[j]) continue;
      const other = b[j];
      if (isRun(token)) next[j] = true;
      if (other === undefined) continue;
      if (isRun(other)) reached[j + 1] = true;
      // A character for both: a run may go on after it, and anything else is over.
      if (shareCharacter(token, other)) (isRun(token) ? reached : next)[isRun(other) ? j : j + 1] = true;
    }
    reached = next;
  }
  return b.some((_, j) => reached[j] && b.slice(j).every(isRun)) || reached[b.length] === true;
}

function isRun(token: WildcardToken): boolean {
  return token === "any" || token === "anyInPart";
}

function shareCharacter(a: WildcardToken, b: WildcardToken): boolean {
  if (typeof a === "object" && typeof b === "object") return a.literal === b.literal;
  const literal = typeof a === "object" ? a : b;
  const other = typeof a === "object" ? b : a;
  return !(typeof literal === "object" && literal.literal === "/" && other === "anyInPart");
}

/**
 * What the `*` of a pattern with at most one stands for in a text, at least one character, or undefined where the text
 * does not match. A pattern without `*` captures "" of itself; `?` is a character like any other. Throws RangeError for
 * more than one `*`.
 */
export function capture(pattern: string, text: string): string | undefined {
  const [before = "", after, ...more] = pattern.split("*");
  if (more.length > 0) throw new RangeError(`'${pattern}' has ${more.length + 1} *; at most one is accepted`);
  if (after === undefined) return text === pattern ? "" : undefined;
  if (text.length <= before.length + after.length) return undefined;
  if (!text.startsWith(before) || !text.endsWith(after)) return undefined;
  return text.slice(before.length, text.length - after.length);
}

/** A pattern with at most one `*` with what stands in its place. */
export function fill(pattern: string, captured: string): string {
  return pattern.replace("*", () => captured);
}
