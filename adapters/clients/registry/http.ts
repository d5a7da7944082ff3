import { type Agent, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { Network } from "./network.ts";

/** One request for a message that fits in memory. */
export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The most bytes that are read of the answer. */
  readonly limit: number;
  /** Keeps connections for the next request. */
  readonly agent?: Agent;
}

/** What a server answered. */
export interface HttpAnswer {
  readonly status: number;
  /** Lower-case names; equal ones are one, with commas between their values. */
  readonly headers: ReadonlyMap<string, string>;
  /** As it was sent: no Content-Encoding is undone. */
  readonly body: Buffer;
  /** Whether there is more of the body than was read. */
  readonly cut: boolean;
}

/**
 * Sends one request, over a connection to an address that the network allows, and follows no redirect.
 * Throws Error when the connection cannot be made, breaks, or takes longer than the network's patience.
 */
export function exchange(asked: HttpRequest, network: Network): Promise<HttpAnswer> {
  const { method, url, headers, body, limit, agent } = asked;
  const signal = AbortSignal.timeout(network.patience);
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const failed = (error: Error) =>
      reject(signal.aborted ? new Error(`no answer came in ${network.patience / 1_000} s`) : error);
    request(url, { method, headers, agent, signal, lookup: network.lookup })
      .on("response", (response) => read(response, limit).then(resolve, failed))
      .on("error", failed)
      .end(body);
  });
}

async function read(response: IncomingMessage, limit: number): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Leaving the loop closes the connection.
  for await (const chunk of response) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) break;
  }
  const { statusCode: status = 0 } = response;
  const body = Buffer.concat(chunks).subarray(0, limit);
  return { status, headers: headersOf(response), body, cut: length > limit };
}

function headersOf({ headers }: IncomingMessage): Map<string, string> {
  return new Map(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
