/** What would end a line, move a terminal's cursor, or turn the direction in which the rest is read. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** A text from outside as messages show it: quoted, on one line, and cut where it would fill a screen. */
export function quoted(text: string): string {
  const [start, more] = text.length > 200 ? [text.slice(0, 200), "…"] : [text, ""];
  return `'${start.toWellFormed().replace(unprintable, "\ufffd")}${more}'`;
}

/** Any value of a JSON document as messages show it: one that is neither list nor object as `quoted` shows texts. */
export function quotedValue(value: unknown): string {
  if (typeof value !== "object" || value === null) return quoted(String(value));
  return Array.isArray(value) ? "a list" : "an object";
}
