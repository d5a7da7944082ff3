import { isDeepStrictEqual } from "node:util";
import type { RepositorySettings } from "../../core/model/repository-settings.ts";

/** In what a repository has other settings than asked for: what it has and what is asked for, to be read after its name. */
export function settingDifferences(has: RepositorySettings, asked: RepositorySettings): string[] {
  return [
    ...differs("imageTagMutability", has.imageTagMutability, asked.imageTagMutability),
    ...differs(
      "imageTagMutabilityExclusionFilters",
      listed(has.imageTagMutabilityExclusionFilters),
      listed(asked.imageTagMutabilityExclusionFilters),
    ),
    ...differs("scanOnPush", has.scanOnPush, asked.scanOnPush),
    ...differs("encryption.type", has.encryption?.type, asked.encryption?.type),
    ...differsInKey(has.encryption?.kmsKey, asked.encryption?.kmsKey),
    ...differsInPolicy("lifecyclePolicy", has.lifecyclePolicy, asked.lifecyclePolicy, (value) => value),
    ...differsInPolicy("repositoryPolicy", has.repositoryPolicy, asked.repositoryPolicy, canonicalPolicy),
    ...Object.entries(asked.tags ?? {}).flatMap(([key, value]) =>
      differs(`tags.${key}`, ownValue(has.tags, key), value),
    ),
  ];
}

function differs(setting: string, has: unknown, asked: unknown): string[] {
  if (asked === undefined || has === asked) return [];
  return [`has ${setting} ${shown(has)} where ${shown(asked)} is asked for`];
}

function shown(value: unknown): string {
  if (value === undefined) return "absent";
  return typeof value === "string" ? `'${value}'` : String(value);
}

/** ECR answers with a key's ARN; which key an alias stands for, only KMS could tell. */
function differsInKey(has: string | undefined, asked: string | undefined): string[] {
  const isAlias = asked?.includes("alias/") && has !== undefined;
  if (isAlias || has?.endsWith(`:key/${asked}`)) return [];
  return differs("encryption.kmsKey", has, asked);
}

function differsInPolicy(
  setting: string,
  has: string | undefined,
  asked: string | undefined,
  canonical: (policy: unknown) => unknown,
): string[] {
  if (asked === undefined) return [];
  if (has === undefined) return [`has no ${setting} where one is asked for`];
  const [standing, wanted] = [has, asked].map((text) => canonical(parsed(text)));
  return isDeepStrictEqual(standing, wanted) ? [] : [`has another ${setting} than is asked for`];
}

/**
 * A policy document in one of its forms: IAM takes a lone value for a list of it, a list in any order, and an account's
 * id for its root's ARN, and a service may give another form back than it was given (IAM User Guide, Principal).
 */
function canonicalPolicy(value: unknown): unknown {
  if (typeof value === "string") return [/^arn:aws[a-z-]*:iam::(\d{12}):root$/.exec(value)?.[1] ?? value];
  if (Array.isArray(value)) {
    const items = value.flatMap((item) =>
      typeof item === "string" ? canonicalPolicy(item) : [canonicalPolicy(item)],
    );
    return items.toSorted((one, other) => (stable(one) < stable(other) ? -1 : 1));
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      canonicalPolicy(key === "Statement" && !Array.isArray(item) ? [item] : item),
    ]),
  );
}

/** A text that is the same for equal values. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_key, item) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : item,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function listed(filters: readonly string[] | undefined): string | undefined {
  return filters?.toSorted().join(", ");
}

function ownValue(tags: Readonly<Record<string, string>> = {}, key: string): string | undefined {
  return Object.hasOwn(tags, key) ? tags[key] : undefined;
}
