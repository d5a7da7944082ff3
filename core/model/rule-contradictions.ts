import type { Problem } from "./problem.ts";
import { type EcrRepository, parseEcrImage } from "./reference.ts";
import { parseDestinationPattern, parseSourcePattern, type RepositoryPattern } from "./repository-pattern.ts";
import { contradictions } from "./request.ts";
import { mayOverlap, type TagFilter } from "./tag-filter.ts";
import { overlaps, tokensOf } from "./wildcard.ts";

/*
 * What is wrong between the fields of rules that may each be right, and between rules. What a field's own check says is
 * not said again: what cannot be read is passed over.
 */

type Fields = Readonly<Record<string, unknown>>;

/** What is wrong between the fields of rules, and between rules. */
export function ruleContradictions(rules: unknown): Problem[] {
  if (!Array.isArray(rules)) return [];
  const all: Fields[] = rules.map(Object);
  const names = all.map(({ name }) => name);
  return all.flatMap((rule, at) => {
    const twice = names[at] !== undefined && names.indexOf(names[at]) < at;
    const problems = [
      ...(twice ? [`name: '${names[at]}' is the name of another rule, too`] : []),
      ...(rule["source"] === undefined ? ofUploads(rule) : ofRepositories(rule)),
      ...all.slice(0, at).flatMap((other) => sameTags(rule, other)),
    ];
    return problems.map((text) => inRule(at, text));
  });
}

/** A sentence that begins with the path of the field it is about. */
function inRule(rule: number, sentence: string): Problem {
  const colon = sentence.indexOf(": ");
  const path = sentence
    .slice(0, colon)
    .split(".")
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  return { path: [rule, ...path], message: sentence.slice(colon + 2) };
}

const onlyForRepositories = ["tags", "untagged", "concurrency", "mustSelect", "prune", "alarmAfterHours"];

function ofUploads(rule: Fields): string[] {
  const triggers = kindsOf(rule);
  if (String(rule["destination"]).includes("*")) {
    return ["source: is required, since the destination has a *"];
  }
  const others = triggers.flatMap((kind, at) =>
    kind === "s3" || kind === undefined ? [] : [`triggers.${at}.${kind}: is used only with a source`],
  );
  return [
    ...(rule["triggers"] === undefined ? ["source: is required, but by rules that uploads start"] : []),
    ...others,
    ...onlyForRepositories
      .filter((field) => rule[field] !== undefined)
      .map((field) => `${field}: is used only with a source`),
    // Whichever object it is, it is an archive in S3.
    ...contradictions({ ...rule, source: "s3://bucket/key" }),
  ];
}

/** The kind of each trigger, undefined for what is none. */
function kindsOf({ triggers }: Fields): (string | undefined)[] {
  return Array.isArray(triggers) ? triggers.map((trigger) => Object.keys(Object(trigger))[0]) : [];
}

function ofRepositories(rule: Fields): string[] {
  const source = readable(() => parseSourcePattern(String(rule["source"])));
  const destination = readable(() => parseDestinationPattern(String(rule["destination"])));
  if (source && !destination && readable(() => parseEcrImage(String(rule["destination"])))) {
    return ["destination: names one image; expected a repository: images keep their tags"];
  }
  if (!source || !destination) return [];
  return [
    ...wildcardsDiffer(source, destination),
    ...loops(source, destination),
    ...needsEcr(rule, source),
    ...kindsOf(rule).flatMap((kind, at) =>
      kind === "s3" ? [`triggers.${at}.s3: an upload is a source itself; leave the rule's source out`] : [],
    ),
    ...contradictions(sampleRequest(rule)),
  ];
}

function wildcardsDiffer(source: RepositoryPattern, destination: EcrRepository): string[] {
  const [from, to] = [source.repository.name.includes("*"), destination.name.includes("*")];
  if (from === to) return [];
  return from
    ? ["destination: needs a *, to stand for what that of the source stands for"]
    : ["destination: has a *, and the source has none that it could stand for"];
}

/** What is copied must not become what is to be copied. */
function loops(source: RepositoryPattern, destination: EcrRepository): string[] {
  if (source.kind !== "ecr" || !sameRegistry(source.repository, destination)) return [];
  if (!overlaps(tokensOf(source.repository.name), tokensOf(destination.name))) return [];
  return [
    `destination: '${destination.name}' lies within the source, '${source.repository.name}' of the same registry: what is copied would be copied again`,
  ];
}

function sameRegistry(one: EcrRepository, other: EcrRepository): boolean {
  return one.account === other.account && one.region === other.region && one.partition === other.partition;
}

/** What only ECR tells of images. */
function needsEcr(rule: Fields, { kind, repository }: RepositoryPattern): string[] {
  if (kind === "ecr") return [];
  const tags: Fields = Object(rule["tags"]);
  const only = `is told by ECR alone, and the source is in ${repository.host}`;
  return [
    ...(rule["untagged"] === true ? [`untagged: which images have no tag ${only}`] : []),
    ...(tags["pushedSince"] !== undefined ? [`tags.pushedSince: when an image was pushed ${only}`] : []),
    ...(tags["newest"] !== undefined && tags["semver"] === undefined
      ? [`tags.newest: when an image was pushed ${only}; with semver, the newest are the highest versions`]
      : []),
    ...kindsOf(rule).flatMap((trigger, at) =>
      trigger === "ecrPush"
        ? [`triggers.${at}.ecrPush: the source is in ${repository.host}, not in ECR`]
        : [],
    ),
  ];
}

/** A request of the rule, for what is wrong between the fields that requests have, too. */
function sampleRequest(rule: Fields): Fields {
  const sample = (text: unknown) => String(text).replace("*", "sample");
  return { ...rule, source: sample(rule["source"]), destination: sample(rule["destination"]) };
}

/** Two rules that may put different images under one tag would undo each other's work for ever. */
function sameTags(rule: Fields, other: Fields): string[] {
  const [mine, theirs] = [targetOf(rule), targetOf(other)];
  if (!mine || !theirs || !sameRegistry(mine.repository, theirs.repository)) return [];
  const [one, another] = [mine, theirs].map(({ repository }) => tokensOf(repository.name, { placeholders }));
  if (!one || !another || !overlaps(one, another)) return [];
  if (!readable(() => mayOverlap(mine.tags, theirs.tags))) return [];
  return [
    `destination: the rule '${other["name"]}' may write the same tags of the same repository; give one of them another destination, or both tags.include with patterns that have no tag in common`,
  ];
}

/** What an upload's placeholders may stand for: a part of a name, or more than one. */
const placeholders = { key: "any", name: "any", basename: "anyInPart", tag: "anyInPart" } as const;

interface Target {
  readonly repository: EcrRepository;
  readonly tags: TagFilter | undefined;
}

/** What a rule writes; the names of an upload's images are placeholders. */
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
  const fixed = tag !== undefined && !tag.includes("{");
  return { repository: { ...host.repository, name }, tags: fixed ? { include: [tag] } : undefined };
}

/** What can be read, or undefined: what is wrong is said by the field's own check. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
