import { createHash } from "node:crypto";
import { Failure } from "../errors.ts";
import { subjectOfTag } from "./artifact-tag.ts";
import { imageRequest, type Mapping, mappingOf, pairFrom, pairTo } from "./repository-rule.ts";
import type { Request } from "./request.ts";
import type { RepositoryRule } from "./rule.ts";
import type { Run } from "./run.ts";
import { nameFilter, type TagFilter } from "./tag-filter.ts";

/** A push of an image to ECR (Amazon ECR User Guide, "Amazon ECR events and EventBridge"). */
export interface Push {
  readonly account: string;
  readonly region: string;
  readonly repository: string;
  /** Empty for a push by digest. */
  readonly tag: string;
  /** ISO 8601. */
  readonly time: string;
}

/**
 * In seconds: how long a window is, within which the pushes of one tag start one execution, and how long each push waits
 * in its queue. A push at the time t is in the window that ends at (floor(t / pushWindow) + 1) * pushWindow, which is at
 * most t + pushWindow, and it is in the queue from t on at the earliest: when the wait is as long as the window, it comes
 * out after the window has ended. So whichever push of a window starts the execution, all others of the window came
 * before it, and what the tag then stands for is the last of them, or a later one.
 */
export const pushWindow = 30;

/** What of a rule a push needs: a run of one repository deletes nothing, and may find nothing. */
export type PushedRule = Omit<RepositoryRule, "triggers" | "prune" | "mustSelect" | "alarmAfterHours">;

/** What a push starts: a copy of the image, or a run for its repository. */
export type PushStart =
  | { readonly machine: "ReplicateImage"; readonly name: string; readonly input: Request }
  | { readonly machine: "ReplicateImages"; readonly name: string; readonly input: Run };

/** What of a valid rule a push needs. */
export function pushedRule(rule: RepositoryRule): PushedRule {
  const {
    triggers: _triggers,
    prune: _prune,
    mustSelect: _mustSelect,
    alarmAfterHours: _hours,
    ...rest
  } = rule;
  return rest;
}

/**
 * What a push starts by a valid rule; undefined when the rule does not select it. The name is the same for all pushes of
 * a tag, or for a run of a repository, within one window. Throws `RequestInvalid` for a push to where the rule writes,
 * and for a time that is none.
 */
export function startOf(rule: PushedRule, push: Push): PushStart | undefined {
  const mapping = mappingOf(rule);
  refuseLoop(rule, mapping, push);
  const pair = pairFrom(mapping, push.repository);
  if (!pair || push.tag === "") return undefined;
  const isArtifact = subjectOfTag(push.tag) !== undefined;
  // As in a run: an artifact is no image of its own, and goes along with its image, whatever its tag. One that is listed
  // under the fallback tag is found only where each image is looked at.
  const isSelected = isArtifact
    ? (rule.referrers ?? push.tag.includes("."))
    : nameFilter(rule.tags)(push.tag);
  if (!isSelected) return undefined;
  const window = windowOf(push);
  if (!isArtifact && isToldByName(rule.tags)) {
    return {
      machine: "ReplicateImage",
      name: nameOf(rule, [push.repository, push.tag, window]),
      input: imageRequest(rule, mapping, pair, push),
    };
  }
  const source = `${mapping.source.repository.host}/${pair.source}`;
  const destination = `${mapping.destination.host}/${pair.destination}`;
  return {
    machine: "ReplicateImages",
    name: nameOf(rule, [push.repository, window]),
    input: { ...rule, source, destination, part: true },
  };
}

/** Whether a filter selects a tag by its name alone, whatever other tags there are and whenever its image was pushed. */
function isToldByName(filter: TagFilter | undefined): boolean {
  return filter?.newest === undefined && filter?.pushedSince === undefined;
}

/** The check of rules refuses such a rule: were one to slip through, it would never come to rest. */
function refuseLoop({ name }: PushedRule, mapping: Mapping, { account, region, repository }: Push): void {
  const { destination } = mapping;
  if (account !== destination.account || region !== destination.region) return;
  if (pairTo(mapping, repository) === undefined) return;
  const message = `the rule '${name}' writes to ${repository}, so a push there does not start it`;
  throw new Failure("RequestInvalid", { operation: "ReadPush" }, message);
}

function windowOf({ time }: Push): number {
  const seconds = Date.parse(time) / 1000;
  if (!Number.isNaN(seconds)) return Math.floor(seconds / pushWindow);
  const message = `'${time}' is no time; expected one such as 2026-01-31T06:00:00Z`;
  throw new Failure("RequestInvalid", { operation: "ReadPush" }, message);
}

/** Up to 80 characters (Step Functions API Reference, StartExecution, name). */
function nameOf({ name }: PushedRule, parts: readonly (string | number)[]): string {
  const hash = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  return `${name}-${hash.slice(0, 32)}`;
}
