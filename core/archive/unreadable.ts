import { Failure } from "../errors.ts";

/** The failure of an archive that cannot be read as an image: `UnsupportedImage` on the source's side. */
export function unreadable(message: string, cause?: unknown): Failure {
  return new Failure("UnsupportedImage", { side: "source", operation: "ReadArchive", cause }, message);
}
