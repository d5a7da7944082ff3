import { type Digest, isDigest } from "./digest.ts";
import { quoted } from "./quoted.ts";
import { isTag } from "./reference.ts";

/** A repository in a registry that speaks the OCI distribution protocol. */
export interface RegistryRepository {
  /** In lower case, with its port if one was given; `docker.io` for Docker Hub, under whichever of its names. */
  readonly host: string;
  readonly name: string;
}

/** An image in a registry, by tag, by digest, or by both, in which case the digest decides. */
export interface RegistryImage {
  readonly repository: RegistryRepository;
  /** `latest` when neither tag nor digest was given. */
  readonly tag?: string;
  readonly digest?: Digest;
}

/** What an image in a registry looks like, for messages. */
export const registryReferenceForm = "[<host>[:<port>]/]<repository>[:<tag>][@sha256:<hex>]";

/** Docker Hub, as references name it. */
export const dockerHub = "docker.io";

const hubNames: readonly string[] = [dockerHub, "index.docker.io", "registry-1.docker.io"];
const maxNameLength = 255;
const hostLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const namePart = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const namePattern = new RegExp(`^${namePart}(?:/${namePart})*$`);

/**
 * Reads a reference with Docker's defaults: `nginx` is `docker.io/library/nginx:latest` (distribution/reference;
 * names as in OCI distribution-spec, pulling manifests). Throws RangeError saying what is wrong with it.
 */
export function parseRegistryImage(text: string): RegistryImage {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0];
  if (scheme) throw new RangeError(`${quoted(text)} begins with ${quoted(scheme)}; leave that out`);
  const { host, rest } = splitHost(text);
  const { name, tag, digest } = splitName(rest);
  const repository = { host, name: host === dockerHub && !name.includes("/") ? `library/${name}` : name };
  checkName(name, repository.name, text);
  if (tag !== undefined && !isTag(tag)) {
    throw new RangeError(
      `${quoted(tag)} is no tag: up to 128 of letters, digits, '_', '.' and '-', not beginning with '.' or '-'`,
    );
  }
  if (digest !== undefined && !isDigest(digest)) {
    throw new RangeError(`${quoted(digest)} is no digest: expected sha256: and 64 lower-case hex digits`);
  }
  return { repository, tag: tag ?? (digest ? undefined : "latest"), digest };
}

/** A reference in full, as text for people: a digest, when there is one, after the tag. */
export function formatRegistryImage({ repository, tag, digest }: RegistryImage): string {
  return `${formatRegistryRepository(repository)}${tag ? `:${tag}` : ""}${digest ? `@${digest}` : ""}`;
}

/** A repository in full, as text for people. */
export function formatRegistryRepository({ host, name }: RegistryRepository): string {
  return `${host}/${name}`;
}

/** What comes before the first slash is a host when it could not begin a repository of Docker Hub. */
function splitHost(text: string): { host: string; rest: string } {
  const slash = text.indexOf("/");
  const first = text.slice(0, Math.max(slash, 0));
  if (!/[.:A-Z]/.test(first) && first !== "localhost") return { host: dockerHub, rest: text };
  const lower = first.toLowerCase();
  // In lower case a single word would read as a part of a repository, so it is written with its port.
  const host = /[.:]/.test(lower) || lower === "localhost" ? lower : `${lower}:443`;
  if (isHost(host)) return { host: hubNames.includes(host) ? dockerHub : host, rest: text.slice(slash + 1) };
  throw new RangeError(
    `${quoted(first)} is no registry's host; expected a name or an address, and a port from 1 to 65535 if it has one`,
  );
}

/** An address counts only as it is usually written: one that reads otherwise is a way around a check. */
function isHost(host: string): boolean {
  const [, hostname, port] = /^([a-z0-9.-]{1,253}|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/.exec(host) ?? [];
  if (hostname === undefined || port === "0" || URL.parse(`https://${host}`)?.hostname !== hostname)
    return false;
  return hostname.startsWith("[") || hostname.split(".").every((part) => hostLabel.test(part));
}

function splitName(rest: string): { name: string; tag?: string; digest?: string } {
  const at = rest.indexOf("@");
  const digest = at < 0 ? undefined : rest.slice(at + 1);
  const named = at < 0 ? rest : rest.slice(0, at);
  const colon = named.indexOf(":");
  return colon < 0
    ? { name: named, digest }
    : { name: named.slice(0, colon), tag: named.slice(colon + 1), digest };
}

function checkName(given: string, name: string, text: string): void {
  if (given === "")
    throw new RangeError(`${quoted(text)} names no repository; expected ${registryReferenceForm}`);
  if (name.length > maxNameLength) {
    throw new RangeError(
      `${quoted(given)} is no repository: it has ${name.length} characters, and at most ${maxNameLength} are allowed`,
    );
  }
  if (!namePattern.test(given)) {
    throw new RangeError(
      `${quoted(given)} is no repository: lower-case letters and digits, with '.', '_', '__', '-' or '/' between them`,
    );
  }
  // Docker takes it for the id of an image, and so should nobody else take it for a name.
  if (/^[a-f0-9]{64}$/.test(given)) {
    throw new RangeError(
      `${quoted(given)} is no repository but a digest; expected <repository>@sha256:${given}`,
    );
  }
}
