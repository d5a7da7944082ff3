import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Network } from "./network.ts";

/** How long a connection is kept without being used, in milliseconds; also over the time that a function is frozen. */
const timeout = 10_000;

/**
 * How long an address of several may take to answer, in milliseconds. Node's own 250 are less than a far registry takes,
 * and where the last of its addresses is of a family that cannot be reached, none would be left
 * (https://nodejs.org/api/net.html#socketconnectoptions-connectlistener, `autoSelectFamilyAttemptTimeout`).
 */
const autoSelectFamilyAttemptTimeout = 2_500;

const options = { keepAlive: true, timeout, autoSelectFamilyAttemptTimeout };
const strict = new HttpsAgent(options);
const insecure = { "http:": new HttpAgent(options), "https:": new HttpsAgent(options) };

/**
 * What keeps the connections to all registries for the next request to each. An address is checked when a connection is
 * made, so those that `allowInsecure` lets be made are not used without it.
 */
export function agentFor({ protocol }: URL, { allowInsecure }: Pick<Network, "allowInsecure">): HttpAgent {
  return allowInsecure ? insecure[protocol as "https:"] : strict;
}
