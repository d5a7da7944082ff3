/** The parts of a JSON path of the form that EventBridge documents: dots, names and indices; throws an Error for any other. */
export function parseJsonPath(path: unknown, where: string): readonly string[] {
  if (typeof path !== "string" || !/^\$(\.[A-Za-z0-9_/-]+|\[\d+\])*$/.test(path)) {
    const accepted = "$ with .name and [index] would be accepted";
    throw new Error(`${where} is ${JSON.stringify(path)}; ${accepted}`);
  }
  return path.match(/[^.[\]$]+/g) ?? [];
}

/** What a value has at a path, or undefined. */
export function atPath(value: unknown, parts: readonly string[]): unknown {
  let found = value;
  for (const part of parts) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, part)) return undefined;
    found = (found as Record<string, unknown>)[part];
  }
  return found;
}
