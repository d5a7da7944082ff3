/** What an XML element may hold here: text, elements by name, or several elements of one name. */
export type XmlValue =
  | string
  | number
  | boolean
  | undefined
  | { readonly [name: string]: XmlValue }
  | readonly XmlValue[];

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\r": "&#13;",
};

/** An XML element as text; an array becomes one element per entry and undefined becomes nothing. */
export function element(name: string, value: XmlValue, attributes = ""): string {
  if (value === undefined) return "";
  if (isList(value)) return value.map((entry) => element(name, entry)).join("");
  return `<${name}${attributes}>${content(value)}</${name}>`;
}

function content(value: Exclude<XmlValue, undefined | readonly XmlValue[]>): string {
  if (typeof value !== "object")
    return String(value).replace(/[&<>"\r]/g, (character) => ENTITIES[character] ?? "");
  return Object.entries(value)
    .map(([name, child]) => element(name, child))
    .join("");
}

function isList(value: XmlValue): value is readonly XmlValue[] {
  return Array.isArray(value);
}
