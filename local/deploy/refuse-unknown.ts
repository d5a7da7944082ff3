/** Throws an Error that names what is given but not known. */
export function refuseUnknown(given: readonly string[], known: readonly string[], where: string): void {
  const unknown = given.filter((key) => !known.includes(key));
  if (unknown.length > 0)
    throw new Error(`${where}: ${unknown.join(", ")} is not supported by local AWS; ${known.join(", ")} are`);
}

/** A property's own fields, of which no others than those known may be there; none when it is absent. */
export function fieldsOf(
  value: unknown,
  known: readonly string[],
  where: string,
): Readonly<Record<string, unknown>> {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`${where} is ${JSON.stringify(value)}; an object would be accepted`);
  refuseUnknown(Object.keys(value), known, where);
  return value as Record<string, unknown>;
}
