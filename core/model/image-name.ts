/**
 * A name in full, as Docker understands it: `nginx` is `docker.io/library/nginx:latest`
 * (distribution/reference, "familiar names"). What names no image at all stays as it is.
 */
export function fullName(name: string): string {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  const isHost = /[.:A-Z]/.test(first) || first === "localhost";
  const rest = isHost ? name.slice(slash + 1) : name;
  const hub = !isHost || first === "docker.io" || first === "index.docker.io";
  const repository = hub && !rest.includes("/") ? `library/${rest}` : rest;
  const tagged = rest.includes("@") || hasTag(rest);
  return `${hub ? "docker.io" : first}/${repository}${tagged ? "" : ":latest"}`;
}

/** Whether a text is the name of an image with its tag, and not only a tag or any other word. */
export function hasTag(name: string): boolean {
  return name.lastIndexOf(":") > name.lastIndexOf("/");
}

/** Whether two names stand for one image; a name without a tag, which OCI layouts may have, only for itself. */
export function sameName(wanted: string, name: string): boolean {
  return wanted === name || (hasTag(name) && fullName(wanted) === fullName(name));
}

/**
 * The repository of a name as people write it, without the host of a registry and Docker Hub's `library/`;
 * undefined for what is only a tag, as OCI layouts have it.
 */
export function repositoryOf(name: string): string | undefined {
  if (!hasTag(name) && !name.includes("/")) return undefined;
  const full = fullName(name);
  const path = full.slice(full.indexOf("/") + 1, full.includes("@") ? full.indexOf("@") : undefined);
  const repository = hasTag(path) ? path.slice(0, path.lastIndexOf(":")) : path;
  return repository.replace(/^library\//, "");
}

/** The tag of a name: all of it when it is only a tag, and `latest` when it has none. */
export function tagOf(name: string): string {
  if (repositoryOf(name) === undefined) return name;
  // A digest is given back as it is, to be seen to be no tag.
  if (name.includes("@")) return name.slice(name.indexOf("@"));
  return hasTag(name) ? name.slice(name.lastIndexOf(":") + 1) : "latest";
}
