import { Failure, type FailureName } from "../../../core/errors.ts";
import { quoted } from "../../../core/model/quoted.ts";
import { dockerHub, formatRegistryRepository } from "../../../core/model/registry-reference.ts";
import type { Arrival } from "./redirects.ts";
import type { Registry } from "./registry.ts";
import type { Status } from "./retries.ts";

/** What was asked for: its name for messages, and the operation. */
export interface Subject {
  readonly what: string;
  readonly operation: string;
}

/** Says what a status means that is no success: `SourceNotFound`, `AccessDenied`, or `Unavailable` for all else. */
export async function refusal(
  { answer: { status }, host, own }: Arrival<Status>,
  { what, operation }: Subject,
  registry: Registry,
): Promise<Failure> {
  const subject = `${what} in ${formatRegistryRepository(registry.repository)}`;
  const failure = (name: FailureName, message: string) =>
    new Failure(name, { side: "source", operation }, message);
  if (status === 404 || status === 410) {
    return failure(
      "SourceNotFound",
      `there is no ${subject}; check the reference, and that it was not deleted`,
    );
  }
  const by = own ? "" : ` by ${quoted(host)}, which it redirects to`;
  if (status === 401 || status === 403) {
    return failure(
      "AccessDenied",
      `${subject} is refused${by} (HTTP status ${status}); ${await advice(registry)}`,
    );
  }
  return failure("Unavailable", `${subject} is answered${by} with HTTP status ${status}`);
}

async function advice({ repository: { host }, authentication }: Registry): Promise<string> {
  const known = await authentication.isKnown();
  const todo = known
    ? "check that the credentials for the registry are valid and may pull this repository"
    : "name a secret with credentials as sourceSecretArn, or on the command line sign in with docker login";
  return host === dockerHub
    ? `check the repository's name, since Docker Hub says the same of one that does not exist, and ${todo}`
    : todo;
}
