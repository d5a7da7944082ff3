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
