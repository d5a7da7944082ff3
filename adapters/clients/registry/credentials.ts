/** What a user is known by to a registry: a name with a password or access token, or an identity token of Docker's. */
export type RegistryCredentials =
  | { readonly username: string; readonly password: string }
  | { readonly identityToken: string };

/** Finds the credentials for a registry's host, `docker.io` for Docker Hub; undefined when there are none. */
export type CredentialsOf = (host: string) => Promise<RegistryCredentials | undefined>;

/** The value of an Authorization header of a name and a password (RFC 7617). */
export function basic({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
