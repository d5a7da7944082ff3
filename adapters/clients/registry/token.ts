import { Failure, type FailureName } from "../../../core/errors.ts";
import { quoted } from "../../../core/model/quoted.ts";
import type { Challenge } from "./challenge.ts";
import { basic, type RegistryCredentials } from "./credentials.ts";
import { exchange, type HttpAnswer } from "./http.ts";
import { mediaTypeOf } from "./media-type.ts";
import type { Network } from "./network.ts";
import { type Arrival, follow } from "./redirects.ts";

/** What a token server gave. */
export interface Token {
  readonly value: string;
  /** How long it lasts, in seconds. */
  readonly lasts: number;
}

/** Whom a token is for, and what it shall allow. */
export interface Wanted {
  /** The registry's host, for messages. */
  readonly registry: string;
  readonly scope: string;
  readonly credentials?: RegistryCredentials;
}

const operation = "GetToken";
/** The longest answer of a token server that is read, in bytes. */
const limit = 1024 * 1024;
/** Seconds, where the server does not say (Docker's token authentication specification). */
const defaultLife = 60;

/**
 * Asks the token server that a registry's Bearer challenge names for a token (Docker Registry v2 token authentication:
 * a GET; for an identity token OAuth 2.0's refresh_token grant, a POST). Credentials go to that server alone.
 * Throws `AccessDenied` when it gives none, and `Unavailable` for a server that must not be asked or answers no token.
 */
export async function fetchToken(challenge: Challenge, wanted: Wanted, network: Network): Promise<Token> {
  const realm = network.follow(challenge.parameters.get("realm") ?? "");
  const service = challenge.parameters.get("service");
  const query = { ...(service !== undefined && { service }), scope: wanted.scope };
  const { credentials } = wanted;
  const arrival =
    credentials && "identityToken" in credentials
      ? await post(realm, { ...query, ...refreshGrant(credentials.identityToken) }, network)
      : await get(realm, query, credentials && basic(credentials), network);
  return tokenOf(arrival, wanted);
}

function refreshGrant(identityToken: string): Record<string, string> {
  return { grant_type: "refresh_token", refresh_token: identityToken, client_id: "ecr-replicator" };
}

async function get(
  realm: URL,
  query: Record<string, string>,
  authorization: string | undefined,
  network: Network,
): Promise<Arrival<HttpAnswer>> {
  const start = new URL(realm);
  for (const [name, value] of Object.entries(query)) start.searchParams.set(name, value);
  const headers = { ...common, ...(authorization && { authorization }) };
  return follow(
    start,
    operation,
    (url, own) => {
      // Without them the other server could only give a token for everybody, which hides what is wrong.
      if (authorization && !own) throw astray(start, url);
      return exchange({ method: "GET", url, headers, limit }, network);
    },
    network,
  );
}

async function post(url: URL, form: Record<string, string>, network: Network): Promise<Arrival<HttpAnswer>> {
  const body = new URLSearchParams(form).toString();
  const headers = {
    ...common,
    "content-type": "application/x-www-form-urlencoded",
    "content-length": String(Buffer.byteLength(body)),
  };
  const send = (to: URL) => {
    if (to !== url) throw astray(url, to);
    return exchange({ method: "POST", url: to, headers, body, limit }, network);
  };
  return follow(url, operation, send, network);
}

const common = { accept: "application/json", "accept-encoding": "identity", "user-agent": "ecr-replicator" };

function tokenOf({ answer, host }: Arrival<HttpAnswer>, wanted: Wanted): Token {
  if ([400, 401, 403].includes(answer.status)) throw denied(host, answer.status, wanted);
  if (answer.status !== 200)
    throw failure("Unavailable", `${host} gives no token: HTTP status ${answer.status}`);
  const { token, access_token, expires_in } = objectOf(answer, host);
  const value = token || access_token;
  // What is sent in a header must not be able to end it.
  if (typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value)) {
    throw failure("Unavailable", `${host} answers without a token`);
  }
  const lasts = typeof expires_in === "number" && expires_in > 0 ? expires_in : defaultLife;
  return { value, lasts };
}

function objectOf(answer: HttpAnswer, host: string): Record<string, unknown> {
  if (answer.cut)
    throw failure("Unavailable", `${host} answers with more than ${limit} bytes in place of a token`);
  try {
    const value: unknown = JSON.parse(answer.body.toString("utf8"));
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // The parser's message quotes what may be half a token.
  }
  throw failure(
    "Unavailable",
    `${host} answers with ${quoted(mediaTypeOf(answer))} that is no JSON object in place of a token`,
  );
}

function denied(host: string, status: number, { registry, credentials }: Wanted): Failure {
  return failure(
    "AccessDenied",
    credentials
      ? `${host} refuses the credentials for ${registry} (HTTP status ${status}); check the user name, and that the password or token is valid and allows to pull`
      : `${host} gives no token for ${registry} without credentials (HTTP status ${status}); name a secret with them as sourceSecretArn, or on the command line sign in with docker login`,
  );
}

function astray({ host }: URL, to: URL): Failure {
  return failure("Unavailable", `${host} redirects to ${quoted(to.host)}, to which credentials are not sent`);
}

function failure(name: FailureName, message: string): Failure {
  return new Failure(name, { side: "source", operation }, message);
}
