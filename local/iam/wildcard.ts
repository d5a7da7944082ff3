const patterns = new Map<string, RegExp>();

/** Whether a text matches an IAM pattern, in which `*` is any characters and `?` is one. */
export function matches(pattern: string, text: string): boolean {
  let expression = patterns.get(pattern);
  if (!expression) {
    const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
    expression = new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s");
    patterns.set(pattern, expression);
  }
  return expression.test(text);
}

/** Whether an ARN matches a pattern part by part, so that no wildcard reaches over a colon (IAM user guide, ArnLike). */
export function arnMatches(pattern: string, arn: string): boolean {
  if (pattern === "*") return true;
  const wanted = arnParts(pattern);
  const given = arnParts(arn);
  return wanted.length === given.length && wanted.every((part, index) => matches(part, given[index] ?? ""));
}

function arnParts(arn: string): string[] {
  const parts = arn.split(":");
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(":")];
}
