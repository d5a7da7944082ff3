import { placeholdersOf } from "./destination-template.ts";
import { type Problem, readable } from "./problem.ts";
import { type EcrRepository, parseEcrImage } from "./reference.ts";
import {
  destinationPatternForm,
  parseDestinationPattern,
  parseSourcePattern,
  type RepositoryPattern,
  sameRegistry,
} from "./repository-pattern.ts";
import { contradictions } from "./request.ts";
import { ruleCycles } from "./rule-cycle.ts";
import { mayWriteSame } from "./rule-overlap.ts";
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
  const cycles = ruleCycles(all);
  return all.flatMap((rule, at) => {
    const twice = names[at] !== undefined && names.indexOf(names[at]) < at;
    const problems = [
      ...(twice ? [`name: '${names[at]}' is the name of another rule, too`] : []),
      ...(rule["source"] === undefined ? ofUploads(rule) : ofRepositories(rule)),
      ...all.slice(0, at).flatMap((other) => (mayWriteSame(rule, other) ? [sameTags(other)] : [])),
      ...inCycle(cycles[at]?.map((each) => names[each])),
    ];
    return problems.map((text) => inRule(at, text));
  });
}

function sameTags({ name }: Fields): string {
  return `destination: the rule '${name}' may write the same tags of the same repository; give one of them another destination, or both tags.include with patterns that have no tag in common, which regular expressions do not show`;
}

function inCycle(names: readonly unknown[] | undefined): string[] {
  if (!names) return [];
  const way = [...names, names[0]].map((name) => `'${name}'`).join(" to ");
  return [
    `destination: what this rule copies would come back to it, from ${way}: tags that move would move back, and new repositories be made without end; give one of these rules another source or destination, or tags.include with patterns that have no tag in common, which regular expressions do not show`,
  ];
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
    ...(rule["triggers"] === undefined
      ? ["source: is required, unless uploads start the rule, with an s3 in triggers"]
      : []),
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
  const { source: from, destination: to } = rule;
  if (typeof from !== "string" || typeof to !== "string") return [];
  const source = readable(() => parseSourcePattern(from));
  const destination = readable(() => parseDestinationPattern(to));
  if (!destination && placeholdersOf(to).length > 0) {
    return [
      `destination: '${to}' has placeholders, which stand for what an uploaded archive is called; expected ${destinationPatternForm}`,
    ];
  }
  if (!destination && readable(() => parseEcrImage(to))) {
    return [
      `destination: '${to}' names one image; expected ${destinationPatternForm}: images keep their tags`,
    ];
  }
  if (!source || !destination) return [];
  return [
    ...wildcardsDiffer(source, destination),
    ...needsPattern(rule, source),
    ...loops(source, destination),
    ...needsEcr(rule, source),
    ...kindsOf(rule).flatMap((kind, at) =>
      kind === "s3" ? [`triggers.${at}.s3: an upload is a source itself; leave the rule's source out`] : [],
    ),
    ...isNeverRun(rule),
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

/** One repository that is gone is a failure, not one to prune. */
function needsPattern(rule: Fields, { repository }: RepositoryPattern): string[] {
  if (repository.name.includes("*") || Object(rule["prune"]).repositories !== true) return [];
  return ["prune.repositories: is used only with a source that has a *"];
}

/** The alarm counts runs of the whole rule, and pushes start none; who starts a rule without triggers is not known. */
function isNeverRun(rule: Fields): string[] {
  const kinds = kindsOf(rule);
  const byPushesAlone = kinds.length > 0 && kinds.every((kind) => kind === "ecrPush");
  if (rule["alarmAfterHours"] === undefined || !byPushesAlone) return [];
  return [
    "alarmAfterHours: looks at runs of the whole rule, and pushes start only what was pushed; add a schedule to triggers",
  ];
}

/** What is copied must not become what is to be copied. */
function loops(source: RepositoryPattern, destination: EcrRepository): string[] {
  if (source.kind !== "ecr" || !sameRegistry(source.repository, destination)) return [];
  if (!overlaps(tokensOf(source.repository.name), tokensOf(destination.name))) return [];
  return [
    `destination: '${destination.name}' lies within the source, '${source.repository.name}' of the same registry: what is copied would be copied again`,
  ];
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
