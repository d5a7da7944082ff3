import type { Side } from "../../core/errors.ts";
import type { RegistryCredentials } from "./registry/credentials.ts";
import { readSecret, unusableSecret } from "./secret.ts";

const expected = 'expected {"username": "…", "accessToken": "…"} or {"username": "…", "password": "…"}';

/**
 * The credentials for a registry's host, `docker.io` for Docker Hub, in a secret, which may have other fields besides, as
 * those of pull through cache rules do (ECR User Guide, storing upstream credentials); a field `registry` binds it to one.
 * Throws what `readSecret` throws, and `AccessDenied` for another form or another registry.
 */
export async function registryCredentials(
  arn: string,
  side: Side,
  host: string,
): Promise<RegistryCredentials> {
  const fields = await readSecret(arn, side);
  const wrong = (what: string) => unusableSecret(arn, side, `${what}; ${expected}`);
  const { username, accessToken, password, registry } = fields;
  if (registry !== undefined && registry !== host) {
    const what = `names another registry than ${host}; name the secret of that one, or, if it is to be sent there, have its "registry" say "${host}"`;
    throw unusableSecret(arn, side, what);
  }
  if (!isText(username)) throw wrong("has no username");
  if (username.includes(":")) throw wrong("has a username with a colon, which no registry can be told");
  if (accessToken !== undefined && password !== undefined) {
    throw wrong("has both an accessToken and a password");
  }
  const secret = accessToken ?? password;
  if (!isText(secret)) throw wrong("has neither an accessToken nor a password that is a text");
  return { username, password: secret };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
