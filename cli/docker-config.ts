import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { CredentialsOf, RegistryCredentials } from "../adapters/clients/registry/credentials.ts";
import { Failure } from "../core/errors.ts";
import { askHelper } from "./credential-helper.ts";

/** A file of credentials, as `docker login` and `podman login` write it. */
interface Config {
  readonly file: string;
  readonly fields: Fields;
}

type Fields = Readonly<Record<string, unknown>>;

/** What Docker calls Docker Hub in its files and to its helpers. */
const dockerHub = "https://index.docker.io/v1/";

/** The names of Docker Hub's host. */
const dockerHubHosts = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/**
 * The credentials for a registry that its user has signed in to with docker or podman: from Docker's configuration file
 * and the helpers that it names, or else from podman's. Throws `AccessDenied`, which names a file that cannot be used.
 */
export const credentialsOfUser: CredentialsOf = async (host) => {
  for (const file of configFiles()) {
    const config = await readConfig(file);
    const found = config && (await credentialsIn(config, host));
    if (found) return found;
  }
  return undefined;
};

/** Docker's and podman's files (docker CLI reference, DOCKER_CONFIG; containers-auth.json(5)). */
function configFiles(): string[] {
  const { DOCKER_CONFIG, XDG_RUNTIME_DIR } = process.env;
  const podman = XDG_RUNTIME_DIR ? [join(XDG_RUNTIME_DIR, "containers", "auth.json")] : [];
  return [join(DOCKER_CONFIG || join(homedir(), ".docker"), "config.json"), ...podman];
}

/** A file's configuration; undefined when there is no such file. */
async function readConfig(file: string): Promise<Config | undefined> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw unusable(file, `cannot be read (${error.code})`);
  });
  // An empty one is none for docker, too.
  if (text === undefined || text.trim() === "") return undefined;
  const fields = parse(text);
  if (isObject(fields)) return { file, fields };
  throw unusable(file, "is no JSON object; mend it, or remove it and sign in again");
}

/** A value, or undefined: what JSON.parse throws quotes the text, so it is not passed on. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A helper of the registry's own comes before the one for all, and both before what is in the file. */
async function credentialsIn(config: Config, host: string): Promise<RegistryCredentials | undefined> {
  const helper = entryFor(config, "credHelpers", host) ?? config.fields["credsStore"];
  if (helper !== undefined && helper !== "") {
    if (typeof helper !== "string") throw unusable(config.file, `names a helper for ${host} that is no text`);
    const found = await askHelper(helper, isDockerHub(host) ? dockerHub : host);
    if (found) return found;
  }
  const entry = entryFor(config, "auths", host);
  return entry === undefined ? undefined : readEntry(entry, config.file, host);
}

/** The entry of a registry: Docker writes a host or, as it did once, a URL. */
function entryFor({ file, fields }: Config, field: string, host: string): unknown {
  const given = fields[field] ?? {};
  if (!isObject(given)) throw unusable(file, `has ${field} that are no object`);
  const entries = Object.entries(given);
  const wanted = hostOf(host);
  const exact = entries.find(([key]) => key === host);
  return (exact ?? entries.find(([key]) => hostOf(key) === wanted))?.[1];
}

/** The host that a key stands for; undefined for a namespace of a registry, which podman has and which is not all of it. */
function hostOf(key: string): string | undefined {
  const [, host = "", path = ""] = /^(?:https?:\/\/)?([^/]*)\/?(.*)$/.exec(key.toLowerCase()) ?? [];
  if (!/^(v[12]\/?)?$/.test(path)) return undefined;
  return isDockerHub(host) ? "docker.io" : host;
}

function isDockerHub(host: string): boolean {
  return dockerHubHosts.includes(host);
}

/** An entry of `auths`; undefined for an empty one, which Docker leaves for a registry that a helper knows. */
function readEntry(entry: unknown, file: string, host: string): RegistryCredentials | undefined {
  const wrong = (what: string) => unusable(file, `has an entry for ${host} ${what}; sign in to it again`);
  if (!isObject(entry)) throw wrong("that is no object");
  const text = (name: string) => {
    const value = entry[name] ?? "";
    if (typeof value === "string") return value;
    throw wrong(`whose ${name} is no text`);
  };
  if (text("identitytoken")) return { identityToken: text("identitytoken") };
  if (text("auth")) return decode(text("auth"), wrong);
  if (text("username") && text("password")) return { username: text("username"), password: text("password") };
  if (text("registrytoken")) throw wrong("that has only a registrytoken, which cannot be renewed");
  return undefined;
}

/** The user name and password in `auth`: base64, with a colon between them. */
function decode(auth: string, wrong: (what: string) => Failure): RegistryCredentials {
  const decoded = /^[A-Za-z0-9+/]+={0,2}$/.test(auth) ? Buffer.from(auth, "base64").toString() : "";
  const colon = decoded.indexOf(":");
  if (colon < 1) throw wrong("whose auth is no base64 of a user name, a colon and a password");
  // Older versions of Docker wrote zeros after it.
  return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1).replace(/\0+$/, "") };
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unusable(file: string, what: string): Failure {
  return new Failure(
    "AccessDenied",
    { side: "source", operation: "ReadCredentials" },
    `the file ${file} ${what}`,
  );
}
