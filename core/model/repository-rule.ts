import { type EcrRepository, formatEcrImage } from "./reference.ts";
import { parseDestinationPattern, parseSourcePattern, type RepositoryPattern } from "./repository-pattern.ts";
import type { Request } from "./request.ts";
import { type RepositoryRule, requestFieldsOf } from "./rule.ts";
import { capture, fill } from "./wildcard.ts";

/** Where a rule for repositories reads and writes. */
export interface Mapping {
  readonly source: RepositoryPattern;
  readonly destination: EcrRepository;
}

/** One repository of the source, and the one of the destination that it is copied to: names. */
export interface RepositoryPair {
  readonly source: string;
  readonly destination: string;
  /** Set when only the destination has it. */
  readonly gone?: true;
}

/** Where a valid rule reads and writes. */
export function mappingOf(rule: RepositoryRule): Mapping {
  return {
    source: parseSourcePattern(rule.source),
    destination: parseDestinationPattern(rule.destination),
  };
}

/** Whether a rule is for whatever repositories match. */
export function isPattern({ source }: Mapping): boolean {
  return source.repository.name.includes("*");
}

/** The pair that a repository of the source belongs to; undefined when its name does not match. */
export function pairFrom({ source, destination }: Mapping, name: string): RepositoryPair | undefined {
  const captured = capture(source.repository.name, name);
  return captured === undefined ? undefined : { source: name, destination: fill(destination.name, captured) };
}

/** The pair that a repository of the destination belongs to; undefined when its name does not match. */
export function pairTo({ source, destination }: Mapping, name: string): RepositoryPair | undefined {
  const captured = capture(destination.name, name);
  return captured === undefined
    ? undefined
    : { source: fill(source.repository.name, captured), destination: name };
}

/** The request for one image of a rule: by its tag, which then stands for what it stands for when it is copied, or by its digest. */
export function imageRequest(
  rule: RepositoryRule & { readonly mode?: Request["mode"] },
  mapping: Mapping,
  pair: RepositoryPair,
  image: { readonly tag?: string; readonly digest?: string },
): Request {
  const reference = image.tag === undefined ? `@${image.digest}` : `:${image.tag}`;
  return {
    ...requestFieldsOf(rule),
    source: `${mapping.source.repository.host}/${pair.source}${reference}`,
    destination: formatEcrImage({
      repository: { ...mapping.destination, name: pair.destination },
      tag: image.tag,
    }),
  };
}
