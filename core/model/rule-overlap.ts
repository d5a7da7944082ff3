import { readable } from "./problem.ts";
import { type EcrRepository, parseEcrImage } from "./reference.ts";
import { parseDestinationPattern, sameRegistry } from "./repository-pattern.ts";
import { mayOverlap, type TagFilter } from "./tag-filter.ts";
import { overlaps, tokensOf } from "./wildcard.ts";

/*
 * Whether two rules may write one tag. Two of which one keeps repositories in step would undo each other's work for ever.
 */

type Fields = Readonly<Record<string, unknown>>;

/**
 * Whether two rules, valid or not, may put different images under one tag. Of two that uploads start, whoever uploads
 * decides what goes where, and the last one is meant: they are told only if one upload starts both, or each writes one
 * and the same tag whatever is uploaded.
 */
export function mayWriteSame(rule: Fields, other: Fields): boolean {
  const [mine, theirs] = [targetOf(rule), targetOf(other)];
  if (!mine || !theirs || !sameRegistry(mine.repository, theirs.repository)) return false;
  const [one, another] = [mine, theirs].map(({ repository }) => tokensOf(repository.name, { placeholders }));
  if (!one || !another || !overlaps(one, another)) return false;
  if (!readable(() => mayOverlap(mine.tags, theirs.tags))) return false;
  const uploads = rule["source"] === undefined && other["source"] === undefined;
  return !uploads || (mine.isFixed && theirs.isFixed) || mayStartBoth(rule, other);
}

/** What an upload's placeholders may stand for: a part of a name, or more than one. */
const placeholders = { key: "any", name: "any", basename: "anyInPart", tag: "anyInPart" } as const;

/** What a rule writes. */
interface Target {
  readonly repository: EcrRepository;
  readonly tags: TagFilter | undefined;
  /** Whether it is one tag of one repository. */
  readonly isFixed?: boolean;
}

/** The names of an upload's images are placeholders. */
function targetOf({ source, destination, tags }: Fields): Target | undefined {
  if (source !== undefined) {
    const repository = readable(() => parseDestinationPattern(String(destination)));
    return repository && { repository, tags: Object(tags) };
  }
  const text = String(destination);
  const slash = text.indexOf("/");
  const [, name = "", tag] = /^(.*?)(?::([^:]*))?$/.exec(text.slice(slash + 1)) ?? [];
  const host = readable(() => parseEcrImage(`${text.slice(0, slash)}/sample`));
  if (!host) return undefined;
  const include = tag === undefined ? undefined : [tag.replace(/\{[^{}]*\}/g, "*")];
  const isFixed = tag !== undefined && !text.includes("{");
  return { repository: { ...host.repository, name }, tags: include && { include }, isFixed };
}

interface Uploads {
  readonly bucket?: unknown;
  readonly prefix?: unknown;
  readonly suffix?: unknown;
}

/** Whether there may be an upload that starts two rules. */
function mayStartBoth(rule: Fields, other: Fields): boolean {
  return uploadsOf(rule).some((one) =>
    uploadsOf(other).some(
      (another) =>
        one.bucket === another.bucket &&
        either(prefixOf(one), prefixOf(another), (a, b) => a.startsWith(b)) &&
        suffixesOf(one).some((a) => suffixesOf(another).some((b) => either(a, b, (c, d) => c.endsWith(d)))),
    ),
  );
}

function uploadsOf({ triggers }: Fields): Uploads[] {
  const all: readonly { s3?: unknown }[] = Array.isArray(triggers) ? triggers.map(Object) : [];
  return all.flatMap(({ s3 }) => (s3 === undefined ? [] : [Object(s3)]));
}

function either(a: string, b: string, holds: (a: string, b: string) => boolean): boolean {
  return holds(a, b) || holds(b, a);
}

function prefixOf({ prefix = "" }: Uploads): string {
  return String(prefix);
}

function suffixesOf({ suffix = "" }: Uploads): string[] {
  return [suffix].flat().map(String);
}
