import { type EcrRepository, parseEcrImage } from "./reference.ts";
import type { RegistryRepository } from "./registry-reference.ts";
import { parseSource } from "./source-reference.ts";

/** Repositories of one registry: one by its name, or those whose names match a pattern with one `*`. */
export type RepositoryPattern =
  | { readonly kind: "ecr"; readonly repository: EcrRepository }
  | { readonly kind: "registry"; readonly repository: RegistryRepository };

/** What the repositories of a rule's source look like, for messages. */
export const sourcePatternForm =
  "a repository without a tag, <account>.dkr.ecr.<region>.amazonaws.com/<repository> or [<host>/]<repository>, with at most one *";

/** What the repositories of a rule's destination look like, for messages. */
export const destinationPatternForm =
  "a repository without a tag, <account>.dkr.ecr.<region>.amazonaws.com/<repository>, with a * if the source has one";

// A legal part of a name wherever a `*` may stand.
const standIn = "0any0";

/** Reads where a rule with repositories reads from. Throws RangeError saying what is wrong and what was expected. */
export function parseSourcePattern(text: string): RepositoryPattern {
  checkStars(text);
  const source = asWritten(() => parseSource(text.replace("*", standIn)));
  if (source.kind === "s3") {
    throw new RangeError(`'${text}' is an archive; expected ${sourcePatternForm}`);
  }
  // A registry's reference has a default tag, which here nobody has given.
  if (source.digest !== undefined || /:[^/]*$/.test(text)) {
    throw new RangeError(
      `'${text}' names one image; expected ${sourcePatternForm}; tags.include says which tags`,
    );
  }
  const { repository } = source;
  const name = repository.name.replace(standIn, "*");
  return { kind: source.kind, repository: { ...repository, name } } as RepositoryPattern;
}

/** Reads where a rule with repositories writes to. Throws RangeError saying what is wrong and what was expected. */
export function parseDestinationPattern(text: string): EcrRepository {
  checkStars(text);
  const { repository, tag, digest } = asWritten(() =>
    parseEcrImage(text.replace("*", standIn), destinationPatternForm),
  );
  if (tag !== undefined || digest !== undefined) {
    throw new RangeError(
      `'${text}' names one image; expected ${destinationPatternForm}: images keep their tags`,
    );
  }
  return { ...repository, name: repository.name.replace(standIn, "*") };
}

/** What was written has a `*` where what is read has something in its place. */
function asWritten<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new RangeError((error as Error).message.replaceAll(standIn, "*"));
  }
}

function checkStars(text: string): void {
  const stars = text.split("*").length - 1;
  if (stars > 1) throw new RangeError(`'${text}' has ${stars} *; at most one is accepted`);
  if (stars === 1 && text.indexOf("*") < text.indexOf("/")) {
    throw new RangeError(
      `'${text}' has its * before the first /, where the registry's host is; it is accepted in the repository`,
    );
  }
}

/** Whether two repositories are in one registry, under whichever of its hosts. */
export function sameRegistry(one: EcrRepository, other: EcrRepository): boolean {
  return one.account === other.account && one.region === other.region && one.partition === other.partition;
}
