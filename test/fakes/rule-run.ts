import type { Listing } from "../../core/model/listing.ts";
import type { Request } from "../../core/model/request.ts";
import type { Run } from "../../core/model/run.ts";
import type { Deletion } from "../../core/ports.ts";
import { listImages } from "../../core/steps/list-images.ts";
import { MemoryRuleSides } from "./memory-catalog.ts";

/** The registries of rules in tests. */
export const hosts = {
  source: "111111111111.dkr.ecr.us-east-1.amazonaws.com",
  destination: "222222222222.dkr.ecr.eu-central-1.amazonaws.com",
};

/** A rule for one repository. */
export const oneRepository: Run = {
  name: "app",
  source: `${hosts.source}/team/app`,
  destination: `${hosts.destination}/mirror/app`,
};

/** A rule for one repository of a registry other than ECR. */
export const nginxRepository: Run = { ...oneRepository, source: "docker.io/library/nginx" };

/** A rule for whatever repositories match. */
export const anyRepository: Run = {
  name: "team",
  source: `${hosts.source}/team/*`,
  destination: `${hosts.destination}/mirror/*`,
};

/** Sides with one repository each, those of `oneRepository`; without a destination, it has none. */
export function appSides(
  source: Readonly<Record<string, string>>,
  destination?: Readonly<Record<string, string>>,
): MemoryRuleSides {
  const sides = new MemoryRuleSides();
  sides.from.at("team/app").add(source);
  if (destination) sides.to.at("mirror/app").add(destination);
  return sides;
}

/** Sides of which the source, that of `nginxRepository`, tells of tags alone. */
export function registrySides(
  source: Readonly<Record<string, string>>,
  destination: Readonly<Record<string, string>>,
) {
  const sides = appSides({}, destination);
  sides.from.at("library/nginx").add(source);
  sides.from.isDigestless = true;
  return sides;
}

/** What a comparison has found. */
export interface Found {
  readonly listing: Listing;
  readonly copies: readonly Request[];
  /** Those that are best copied before the others. */
  readonly firsts: readonly Request[];
  readonly deletions: readonly Deletion[];
}

/** Compares the sides of a rule, by default without an end of time. */
export async function listed(
  run: Run,
  sides: MemoryRuleSides,
  {
    after,
    now = new Date(),
    timeLeft = () => 900_000,
  }: { after?: string; now?: Date; timeLeft?: () => number } = {},
): Promise<Found> {
  const [copies, firsts, deletions]: [Request[], Request[], Deletion[]] = [[], [], []];
  const findings = {
    copy: async (request: Request, isFirst: boolean) => {
      copies.push(request);
      if (isFirst) firsts.push(request);
    },
    remove: async (deletion: Deletion) => void deletions.push(deletion),
  };
  const listing = await listImages(run, after, { sides, findings, now, timeLeft });
  return { listing, copies, firsts, deletions };
}

/** The tags that requests ask for, in order. */
export function tagsOf(copies: readonly Request[]): string[] {
  return copies
    .map(({ source }) => source.slice(source.lastIndexOf("/") + 1).replace(/^[^:@]*[:@]/, ""))
    .sort();
}
