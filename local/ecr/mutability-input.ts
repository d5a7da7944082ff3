import { z } from "zod";
import { invalidParameter } from "./errors.ts";
import type { ExclusionFilter, Mutability } from "./tag-mutability.ts";

/** The fields of a request that set which tags may move. */
export const mutabilityFields = {
  imageTagMutability: z.enum(["MUTABLE", "IMMUTABLE", "MUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION"]),
  imageTagMutabilityExclusionFilters: z
    .array(
      z.object({ filterType: z.enum(["WILDCARD"]), filter: z.string().regex(/^[0-9a-zA-Z._*-]{1,128}$/) }),
    )
    .min(1)
    .max(5)
    .optional(),
};

/** The setting, whole: filters go with the two modes that exclude, and only with those. Throws InvalidParameterException. */
export function readMutability({
  imageTagMutability,
  imageTagMutabilityExclusionFilters,
}: {
  imageTagMutability: Mutability;
  imageTagMutabilityExclusionFilters?: ExclusionFilter[];
}) {
  const excludes = imageTagMutability.endsWith("_WITH_EXCLUSION");
  if (excludes !== (imageTagMutabilityExclusionFilters !== undefined)) {
    const rule = excludes ? "must be given" : "must not be given";
    throw invalidParameter("imageTagMutabilityExclusionFilters", `${rule} with ${imageTagMutability}`);
  }
  return { imageTagMutability, imageTagMutabilityExclusionFilters };
}
