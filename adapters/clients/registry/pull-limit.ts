import type { Status } from "./retries.ts";

/** What a registry says of how often it may be pulled from (Docker Hub, usage and limits: `ratelimit-*` headers). */
export interface PullLimit {
  readonly remaining: number;
  readonly limit: number;
  /** In seconds. */
  readonly window: number;
}

/** What an answer's headers say, or undefined when they say nothing usable. */
export function pullLimitOf(headers: ReadonlyMap<string, string>): PullLimit | undefined {
  const [remaining, limit] = [
    quantity(headers.get("ratelimit-remaining")),
    quantity(headers.get("ratelimit-limit")),
  ];
  if (!remaining || !limit) return undefined;
  return { remaining: remaining.count, limit: limit.count, window: limit.window || remaining.window };
}

/** Whether an answer says that no more pulls are allowed, by its headers or by Docker Hub's sentence. */
export function isExhausted({ status, headers, body }: Status): boolean {
  if (status !== 429) return false;
  const said = Buffer.isBuffer(body) ? body.toString("latin1", 0, 4_096) : "";
  return pullLimitOf(headers)?.remaining === 0 || /pull rate limit/i.test(said);
}

/** A warning when a tenth or less of what is allowed is left. */
export function pullWarning(host: string, { remaining, limit, window }: PullLimit): string | undefined {
  if (remaining > limit / 10) return undefined;
  return `${registryName(host)} allows ${remaining} more ${remaining === 1 ? "pull" : "pulls"} (of ${limit}${inHours(window)}); ${signIn}`;
}

/** Says that no more pulls are allowed, and until when; `wait` is in milliseconds, if the registry named it. */
export function exhaustion(host: string, { headers }: Pick<Status, "headers">, wait?: number): string {
  const { limit = 0, window = 0 } = pullLimitOf(headers) ?? {};
  const most = (window || defaultWindow) * 1_000;
  const until = wait === undefined ? `${timeIn(most)} at the latest` : timeIn(wait);
  const allowed = limit > 0 ? ` (${limit}${inHours(window)} are used up)` : "";
  return `${registryName(host)} allows no more pulls until ${until}${allowed}; ${signIn}, or start again then`;
}

/** A moment so many milliseconds from now, as messages show it: to the second, in UTC. */
export function timeIn(milliseconds: number): string {
  return new Date(Date.now() + milliseconds).toISOString().replace(/\.\d+/, "");
}

/** Seconds: Docker Hub's six hours. */
const defaultWindow = 21_600;

const signIn = "sign in for more, with sourceSecretArn or on the command line with docker login";

function registryName(host: string): string {
  return host === "docker.io" || host === "registry-1.docker.io" ? "Docker Hub" : host;
}

function quantity(value = ""): { count: number; window: number } | undefined {
  const match = /^(\d{1,9})(?:;w=(\d{1,7}))?$/.exec(value.replaceAll(" ", ""));
  return match ? { count: Number(match[1]), window: Number(match[2] ?? 0) } : undefined;
}

function inHours(window: number): string {
  return window > 0 ? ` in ${Number((window / 3_600).toFixed(1))} h` : "";
}
