import * as z from "zod";
import { readableBy } from "./request.ts";
import { mayMatchBoth, parseTagPattern, type TagPattern, tagPatternForm } from "./tag-pattern.ts";
import {
  compareVersions,
  parseVersionRange,
  type Version,
  versionOf,
  versionRangeForm,
} from "./version-range.ts";

// As long as the longest tag.
const longest = 128;
const mostNewest = 100_000;
const mostPatterns = 50;
const mostUnits = 10_000;

const day = 24 * 60 * 60 * 1000;
const units: Readonly<Record<string, number>> = { d: day, h: day / 24 };

/** What `pushedSince` looks like, for messages. */
const sinceForm =
  "1d to 10000d, 1h to 10000h, a date such as 2026-01-31, or a date with a time and its zone such as 2026-01-31T06:00:00Z";

const short = z.string().max(longest, {
  error: ({ input }) => `is ${String(input).length} characters long; expected ${longest} at most`,
  abort: true,
});

const patterns = z
  .array(readableBy(parseTagPattern, short))
  .min(1, { error: `is empty; leave it out, or give patterns: ${tagPatternForm}` })
  // A rule travels in the state of its runs, and in the event of a push.
  .max(mostPatterns, {
    error: `has more than ${mostPatterns} patterns; one regular expression can say what many do`,
  });

const noCount = ({ input }: { input?: unknown }) =>
  typeof input === "number" ? `is ${input}; expected a whole number from 1 to 100,000` : undefined;

/** Which images of a repository are meant, by their tags and by when they were pushed. */
export const tagFilterDefinition = z.strictObject({
  include: patterns.optional().meta({
    description: `Only tags that match any of these: ${tagPatternForm}, with i after it for either case. A regular expression matches anywhere in the tag, unless it has ^ and $.`,
    examples: [["v*", "/^release-\\d+$/"]],
  }),
  exclude: patterns.optional().meta({
    description: "No tags that match any of these, as in include.",
    examples: [["*-rc*", "nightly"]],
  }),
  semver: readableBy(parseVersionRange, short)
    .optional()
    .meta({
      description: `Only tags that are versions in this range: ${versionRangeForm}. A tag is a version with or without a v before it, with 1 to 3 numbers, of which absent ones are 0, and with a prerelease or none: one with a prerelease, such as 1.2.3-alpine, only where the alternative itself names a prerelease.`,
      examples: [">=1.2 <2", "^1.4", "1.x || >=3"],
    }),
  newest: z
    .int({ error: noCount })
    .min(1, { error: noCount })
    .max(mostNewest, { error: noCount })
    .optional()
    .meta({
      description:
        "Only so many of each repository: the highest versions where there is a semver, else what was pushed last.",
      examples: [10],
    }),
  pushedSince: readableBy(parseSince, short)
    .optional()
    .meta({
      description:
        "Only images that were pushed since then: so many days or hours ago, or a date, which begins at midnight UTC, or a date with a time and its zone.",
      examples: ["30d", "12h", "2026-01-31", "2026-01-31T06:00:00Z"],
    }),
});

/** Which images of a repository are meant. */
export type TagFilter = z.infer<typeof tagFilterDefinition>;

/** Reads since when; throws RangeError saying what was expected. The moment is in milliseconds since 1970. */
function parseSince(text: string): (now: Date) => number {
  const [, count, unit = ""] = /^([1-9]\d{0,4})([dh])$/.exec(text) ?? [];
  const length = units[unit];
  if (length && Number(count) <= mostUnits) return (now) => now.getTime() - Number(count) * length;
  const isMoment = z.union([z.iso.date(), z.iso.datetime({ offset: true })]).safeParse(text).success;
  if (!isMoment) throw new RangeError(`'${text}' is no time; expected ${sinceForm}`);
  return () => Date.parse(text);
}

/** Since when images of a valid filter must have been pushed, in milliseconds since 1970; undefined for any time. */
export function sinceOf(filter: TagFilter | undefined, now: Date): number | undefined {
  return filter?.pushedSince === undefined ? undefined : parseSince(filter.pushedSince)(now);
}

/** Whether it must be known when images were pushed. */
export function needsTimes(filter: TagFilter | undefined): boolean {
  if (!filter) return false;
  return filter.pushedSince !== undefined || (filter.newest !== undefined && filter.semver === undefined);
}

/** What a valid filter says of a tag by its name: include, exclude and semver. */
export function nameFilter(filter: TagFilter | undefined): (tag: string) => boolean {
  const include = filter?.include?.map(parseTagPattern);
  const exclude = filter?.exclude?.map(parseTagPattern) ?? [];
  const inRange = filter?.semver === undefined ? undefined : parseVersionRange(filter.semver);
  return (tag) => {
    if (include && !include.some(({ matches }) => matches(tag))) return false;
    if (exclude.some(({ matches }) => matches(tag))) return false;
    const version = inRange && versionOf(tag);
    return !inRange || (version !== undefined && inRange(version));
  };
}

interface Ranked<T> {
  readonly image: T;
  readonly tag: string;
  readonly version?: Version;
  readonly pushedAt: number;
}

/**
 * As many images of a repository as are asked for, the newest first: by version where the filter has a range, with tags
 * that are none last, else by when they were pushed, with unknown times last. Among equals the tag that sorts higher
 * comes first: 1.2.0 before 1.2. It holds twice as many at most as it gives.
 */
export function newestOf<T extends { tag: string; pushedAt?: number }>(
  images: Iterable<T>,
  filter: TagFilter | undefined,
): T[] {
  if (filter?.newest === undefined) return [...images];
  const { newest, semver } = filter;
  let kept: Ranked<T>[] = [];
  for (const image of images) {
    const version = semver === undefined ? undefined : versionOf(image.tag);
    const pushedAt = semver === undefined ? (image.pushedAt ?? Number.NEGATIVE_INFINITY) : 0;
    kept.push({ image, tag: image.tag, version, pushedAt });
    if (kept.length >= 2 * newest) kept = kept.sort(newerFirst).slice(0, newest);
  }
  return kept
    .sort(newerFirst)
    .slice(0, newest)
    .map(({ image }) => image);
}

function newerFirst(a: Ranked<unknown>, b: Ranked<unknown>): number {
  if (a.pushedAt !== b.pushedAt) return b.pushedAt - a.pushedAt;
  const order =
    a.version && b.version ? compareVersions(b.version, a.version) : Number(!a.version) - Number(!b.version);
  return order || (a.tag < b.tag ? 1 : -Number(a.tag > b.tag));
}

/** Whether a tag may pass both of two valid filters: false only when it is certain that none does. */
export function mayOverlap(a: TagFilter | undefined, b: TagFilter | undefined): boolean {
  const passes = [nameFilter(a), nameFilter(b)];
  const excluded = new Set([...(a?.exclude ?? []), ...(b?.exclude ?? [])]);
  const candidates = (filter: TagFilter | undefined): TagPattern[] =>
    (filter?.include ?? ["*"])
      .map(parseTagPattern)
      .filter(
        ({ kind, text }) => !excluded.has(text) && (kind !== "literal" || passes.every((pass) => pass(text))),
      );
  const others = candidates(b);
  return candidates(a).some((one) => others.some((other) => mayMatchBoth(one, other)));
}
