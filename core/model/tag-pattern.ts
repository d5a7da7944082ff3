import { overlaps, tokensOf, wildcard } from "./wildcard.ts";

/** What a pattern of tags looks like, for messages. */
export const tagPatternForm =
  "letters, digits, '_', '.' and '-', with * for any of them and ? for one, or a regular expression between slashes";

/** A glob that a tag matches as a whole, or a regular expression that is found in a tag. */
export interface TagPattern {
  readonly text: string;
  /** `literal` is a glob that only one tag matches: itself. */
  readonly kind: "literal" | "glob" | "regex";
  readonly matches: (tag: string) => boolean;
}

/**
 * Reads a pattern of tags. A tag has no slash, so one at the beginning is that of a regular expression, after which `i`
 * may stand. Throws RangeError saying what is wrong and what was expected.
 */
export function parseTagPattern(text: string): TagPattern {
  if (text.startsWith("/")) return parseRegex(text);
  const [foreign] = text.match(/[^\w.*?-]/u) ?? [];
  if (text === "" || foreign !== undefined) {
    const what = text === "" ? "is empty" : `'${text}' has '${foreign}', which no tag has`;
    throw new RangeError(`${what}; expected ${tagPatternForm}`);
  }
  return { text, kind: /[*?]/.test(text) ? "glob" : "literal", matches: wildcard(text) };
}

function parseRegex(text: string): TagPattern {
  const end = text.lastIndexOf("/");
  const [source, flags] = [text.slice(1, end), text.slice(end + 1)];
  if (source === "") {
    throw new RangeError(`'${text}' is no regular expression; expected it between slashes, as in /^v\\d+$/`);
  }
  if (flags !== "" && flags !== "i") {
    throw new RangeError(
      `'${text}' has '${flags}' after the last slash; expected nothing, or i for either case`,
    );
  }
  try {
    const regex = new RegExp(source, flags);
    return { text, kind: "regex", matches: (tag) => regex.test(tag) };
  } catch (error) {
    throw new RangeError(`'${text}' cannot be read: ${(error as Error).message}`);
  }
}

/** Whether a tag may match both of two patterns: false only when it is certain that none does. */
export function mayMatchBoth(a: TagPattern, b: TagPattern): boolean {
  if (a.kind === "literal") return b.matches(a.text);
  if (b.kind === "literal") return a.matches(b.text);
  return a.kind === "regex" || b.kind === "regex" || overlaps(tokensOf(a.text), tokensOf(b.text));
}
