import { Failure } from "../../../core/errors.ts";
import type { Network } from "./network.ts";
import { type Errand, persistently, type Status } from "./retries.ts";

/** The answer at the end of some redirects, and whether they stayed with the server that was asked first. */
export interface Arrival<T> {
  readonly answer: T;
  readonly host: string;
  /** True while every URL had the scheme, host and port of the first. */
  readonly own: boolean;
}

/** A request that is sent to one URL after the other; `own` says whether credentials may be sent along. */
export type Send<T> = (url: URL, own: boolean) => Promise<T>;

const maxRedirects = 5;

/**
 * Sends a request, each try and each redirect of it to a URL that the network allows. What has once left the first
 * server does not belong to it any more, even if it is led back: only another server has said where to.
 * Throws `Unavailable` for more than five redirects, and what `persistently` throws.
 */
export async function follow<T extends Status>(
  start: URL,
  operation: Errand["operation"],
  send: Send<T>,
  network: Network,
): Promise<Arrival<T>> {
  let url = start;
  let own = true;
  for (let redirects = 0; ; redirects++) {
    const [to, mayKnow] = [url, own];
    const answer = await persistently(() => send(to, mayKnow), { host: to.host, operation }, network);
    const location = answer.headers.get("location");
    if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) {
      return { answer, host: to.host, own };
    }
    if (redirects === maxRedirects) throw tooMany(start, operation);
    url = network.follow(location, to);
    own &&= url.origin === start.origin;
  }
}

function tooMany({ host }: URL, operation: string): Failure {
  return new Failure(
    "Unavailable",
    { side: "source", operation },
    `${host} redirects more than ${maxRedirects} times`,
  );
}
