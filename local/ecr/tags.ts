import { z } from "zod";
import { EcrError } from "./errors.ts";

/** A tag of a repository. */
export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

/** The tags of a request; what is wrong with one of them has an error of its own. */
export const tagList = z.array(z.object({ Key: z.string(), Value: z.string() }));

/** The most tags of a repository. */
const most = 50;

/** The tags after some were set, each by its key. Throws InvalidTagParameterException and TooManyTagsException. */
export function withTags(before: readonly Tag[], set: readonly Tag[]): Tag[] {
  set.forEach(refuseInvalid);
  const after = new Map([...before, ...set].map(({ Key, Value }) => [Key, Value]));
  // A list that names a key twice is too long by its entries.
  if (after.size > most || set.length > most) {
    throw new EcrError(
      "TooManyTagsException",
      `The list of tags on the repository is over the limit of ${most} tags`,
    );
  }
  return [...after].map(([Key, Value]) => ({ Key, Value }));
}

function refuseInvalid({ Key, Value }: Tag): void {
  const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+@-]*$/u;
  const fits = Key.length >= 1 && Key.length <= 128 && Value.length <= 256;
  if (fits && allowed.test(Key) && allowed.test(Value) && !/^aws:/i.test(Key)) return;
  throw new EcrError(
    "InvalidTagParameterException",
    `The tag '${Key}' must have a key of 1 to 128 characters that does not begin with aws:, and a value of at most 256, of letters, digits, spaces and _.:/=+-@`,
  );
}
