import { Failure } from "../errors.ts";

/** The failure of an archive that cannot be read as an image: `UnsupportedImage` on the source's side. */
export function unreadable(message: string, cause?: unknown): Failure {
  return new Failure("UnsupportedImage", { side: "source", operation: "ReadArchive", cause }, message);
}

/** A name from an archive as messages show it: quoted, on one line, and cut where it would fill a screen. */
export function quoted(name: string): string {
  const [text, more] = name.length > 200 ? [name.slice(0, 200), "…"] : [name, ""];
  // Control characters would let an archive write into the terminal that shows the message.
  return `'${text.replace(/\p{Cc}/gu, "\ufffd")}${more}'`;
}
