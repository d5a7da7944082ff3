import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Network } from "./network.ts";

/** How long a connection is kept without being used, in milliseconds; also over the time that a function is frozen. */
const timeout = 10_000;

const strict = new HttpsAgent({ keepAlive: true, timeout });
const insecure = {
  "http:": new HttpAgent({ keepAlive: true, timeout }),
  "https:": new HttpsAgent({ keepAlive: true, timeout }),
};

/**
 * What keeps the connections to all registries for the next request to each. An address is checked when a connection is
 * made, so those that `allowInsecure` lets be made are not used without it.
 */
export function agentFor({ protocol }: URL, { allowInsecure }: Pick<Network, "allowInsecure">): HttpAgent {
  return allowInsecure ? insecure[protocol as "https:"] : strict;
}
