import { Failure } from "../../../core/errors.ts";
import { quoted } from "../../../core/model/quoted.ts";
import { noLength } from "../range-request.ts";
import { insecureOption } from "./network.ts";
import type { Errand } from "./retries.ts";

/** Codes of Node's for a certificate that is not trusted (node:tls, X509 certificate error codes). */
const certificateCode = /CERT|ALTNAME|HOSTNAME_MISMATCH|SELF_SIGNED|UNABLE_TO_/;

const lasting = ["ENOTFOUND", "EPROTO", noLength];

/** Says, as `Unavailable`, why a host could not be reached or did not answer; a Failure is given back as it is. */
export function connectionFailure(error: unknown, { host, operation }: Errand): Failure {
  if (error instanceof Failure) return error;
  const where = { side: "source", operation, cause: error } as const;
  return new Failure("Unavailable", where, explained(host, codeOf(error), reasonOf(error)));
}

/** Whether a failure would be the same at once: a refusal of our own, an unknown host, no TLS, a certificate, no length. */
export function isLasting({ cause }: Failure): boolean {
  const code = codeOf(cause);
  return cause === undefined || lasting.includes(code) || certificateCode.test(code);
}

function explained(host: string, code: string, reason: string): string {
  if (code === "ENOTFOUND") return `${host} is not known to DNS; check its name`;
  if (code === "EPROTO") {
    return `${host} does not speak https; plain http is spoken only to this machine, with ${insecureOption}`;
  }
  if (certificateCode.test(code)) return `the certificate of ${host} is not trusted: ${reason}`;
  return `${host} cannot be read: ${reason}`;
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException | undefined)?.code ?? "");
}

/** Several addresses that were tried give an error without a message of its own. */
function reasonOf(error: unknown): string {
  const { message, errors } = error as AggregateError;
  return quoted(message || errors?.[0]?.message || codeOf(error) || "no reason").slice(1, -1);
}
