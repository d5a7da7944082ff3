import { NodeHttpHandler } from "@smithy/node-http-handler";

/** How long a connection may take to be made, in milliseconds. */
const connectionTimeout = 10_000;

/** How long it may be silent, in milliseconds: the SDK's own `requestTimeout` only warns. */
const socketTimeout = 60_000;

/** What an SDK client sends its requests with: a call to an endpoint that has gone silent, for so many milliseconds, ends. */
export function connection(silence = socketTimeout): NodeHttpHandler {
  return new NodeHttpHandler({ connectionTimeout, socketTimeout: silence });
}
