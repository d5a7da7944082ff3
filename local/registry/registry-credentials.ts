import type { Call } from "../http.ts";
import { RegistryError } from "./registry-error.ts";

/**
 * Lets in whoever sends nothing, or Basic credentials of the user `AWS` or of an account id, with any password: clients shall work
 * with no set-up. Other credentials belong to another registry and should not have been sent. Throws UNAUTHORIZED.
 */
export function checkCredentials({ headers, endpoint }: Call): void {
  const { authorization } = headers;
  if (authorization === undefined) return;
  const [, encoded] = /^basic +(\S+)$/i.exec(authorization) ?? [];
  const user =
    Buffer.from(encoded ?? "", "base64")
      .toString()
      .split(":")[0] ?? "";
  if (/^(AWS|[0-9]{12})$/.test(user)) return;
  throw new RegistryError(401, "UNAUTHORIZED", "Not Authorized", {
    "www-authenticate": `Basic realm="${endpoint}/",service="ecr.amazonaws.com"`,
  });
}
