import { Failure } from "../../../core/errors.ts";
import { connectionFailure, isLasting } from "./connection-failure.ts";
import type { Network } from "./network.ts";
import { exhaustion, isExhausted, timeIn } from "./pull-limit.ts";

/** What of an answer says whether it is worth asking again. */
export interface Status {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  /** Absent where it is not read. */
  readonly body?: Buffer | AsyncIterable<Uint8Array>;
}

/** Where a request goes, and what for. */
export interface Errand {
  readonly host: string;
  readonly operation: string;
}

/** How often one request is sent. */
const tries = 4;
/** The longest a server may have a request wait, in milliseconds. */
const longest = 30_000;

/**
 * Sends a request again where the server is busy or the connection failed: with exponential backoff and full jitter,
 * or after the time that the server names (RFC 9110, section 10.2.3). Answers with any other status are given back.
 * Throws `Throttled` when the server names a time too far away, or stays busy; `Unavailable` for all else.
 */
export async function persistently<T extends Status>(
  send: () => Promise<T>,
  errand: Errand,
  network: Network,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const answer = await send().catch((error: unknown) => connectionFailure(error, errand));
    if (answer instanceof Failure) {
      if (attempt === tries || isLasting(answer)) throw answer;
      await network.sleep(backoff(attempt));
    } else if (isBusy(answer)) {
      const wait = retryAfter(answer.headers.get("retry-after"));
      if (attempt === tries || isExhausted(answer) || (wait ?? 0) > longest) throw busy(answer, wait, errand);
      await network.sleep(wait ?? backoff(attempt));
    } else return answer;
  }
}

/** 501 says that it will never be otherwise. */
function isBusy({ status }: Status): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501);
}

function backoff(attempt: number): number {
  return Math.random() * 500 * 2 ** attempt;
}

/** Milliseconds, of a number of seconds or a date; undefined for anything else. */
function retryAfter(value = ""): number | undefined {
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000;
  const date = /^[A-Z][a-z]{2}, /.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

function busy(answer: Status, wait: number | undefined, { host, operation }: Errand): Failure {
  const throttled = answer.status === 429 || (wait ?? 0) > longest;
  const until = wait === undefined ? "" : `, and asks to be left alone until ${timeIn(wait)}`;
  return new Failure(
    throttled ? "Throttled" : "Unavailable",
    { side: "source", operation },
    isExhausted(answer)
      ? exhaustion(host, answer, wait)
      : `${host} answers with HTTP status ${answer.status}${until}; start again later`,
  );
}
