import { Failure } from "../../core/errors.ts";

const expectedNames: readonly string[] = ["UnsupportedImage", "DigestMismatch", "SourceNotFound"];

/** The longest message: a list of twenty names, each of at most 200 characters. */
const longestMessage = 6_000;

/** What comes of reading, or its failure, if it is one that an archive may have. */
export async function expected<T>(read: () => Promise<T>): Promise<T | Failure> {
  try {
    return await read();
  } catch (error) {
    return checkFailure(error);
  }
}

/** The failure that an error is, if it is one that an archive may have; what else it is, it throws. */
export function checkFailure(error: unknown): Failure {
  if (!(error instanceof Failure)) throw error;
  const { name, side, message } = error;
  const about = `${name} on side ${side}: ${JSON.stringify(message.slice(0, 1_000))}`;
  if (side !== "source" || !expectedNames.includes(name))
    throw new Error(`is no failure of an archive: ${about}`);
  if (message.length > longestMessage) throw new Error(`has ${message.length} characters: ${about}`);
  if (/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(message)) throw new Error(`does not fit a line: ${about}`);
  return error;
}
