const fields = [
  "registryId",
  "repositoryName",
  "uploadId",
  "partFirstByte",
  "partLastByte",
  "layerDigest",
  "imageDigest",
  "imageTag",
  "imageManifestMediaType",
  "nextToken",
  "resourceArn",
] as const;

/** The fields of a request that tell it from others of its operation; a list of more than ten is only counted. */
export function identityOf(input: Readonly<Record<string, unknown>>): Record<string, string | number> {
  const detail: Record<string, string | number> = {};
  for (const field of fields) {
    const value = input[field];
    if (typeof value === "string" || typeof value === "number") detail[field] = value;
  }
  for (const list of ["layerDigests", "imageIds", "repositoryNames"]) {
    const items = input[list];
    if (Array.isArray(items)) detail[list] = items.length > 10 ? items.length : items.map(nameOf).join(",");
  }
  return detail;
}

function nameOf(item: unknown): string {
  if (typeof item !== "object" || item === null) return String(item);
  const { imageTag, imageDigest } = item as Record<string, unknown>;
  return String(imageTag ?? imageDigest ?? "");
}
