import { bytes, count, duration, grouped } from "./amount.ts";
import type { ImageCounts } from "./image-counts.ts";
import type { View } from "./live.ts";
import { rows } from "./rows.ts";
import type { RunState } from "./run-follower.ts";

/** How a run goes as a person reads it: in rows, and in one line. */
export function runView(state: RunState): View {
  return { block: rows(rowsOf(state)).trimEnd().split("\n"), line: lineOf(state) };
}

function rowsOf(state: RunState): string[][] {
  const { rule, execution, doing, seconds, found, progress, left } = state;
  const traffic = trafficOf(state);
  return [
    // As wide as the rows of a report, or of what has failed, which may follow.
    ["run".padEnd("repositories".length), rule === undefined ? doing : `${rule}, ${doing}`],
    ["execution", execution],
    ["time", `${duration(seconds)}${left === undefined ? "" : `, about ${duration(left)} left`}`],
    ...(found
      ? [
          [
            "found",
            `${count(found.selected, "image")}: ${grouped(found.inSync)} in sync, ${grouped(found.differing)} to copy${found.deletions > 0 ? `; ${count(found.deletions, "tag")} to delete` : ""}`,
          ],
        ]
      : []),
    ...(progress
      ? [["images", [endedText(state, grouped(progress.total)), ...restOf(state, progress)].join(", ")]]
      : []),
    ...(traffic === "" ? [] : [["bytes", traffic]]),
  ];
}

function lineOf(state: RunState): string {
  const { doing, progress, left } = state;
  if (!progress) return doing;
  const traffic = trafficOf(state);
  return [
    `${doing}: ${endedText(state, count(progress.total, "image"))}`,
    ...(progress.running > 0 ? [`${grouped(progress.running)} running`] : []),
    ...(traffic === "" ? [] : [traffic]),
    ...(left === undefined ? [] : [`about ${duration(left)} left`]),
  ].join(", ");
}

function endedText({ mode, progress }: RunState, total: string): string {
  const { ended = 0, failed = 0 } = progress ?? {};
  const verb = mode === "plan" ? "planned" : "ended";
  return `${grouped(ended)} of ${total} ${verb}${failed > 0 ? `, of which ${grouped(failed)} failed` : ""}`;
}

/** What has not ended of a run that has will not do so any more. */
function restOf({ status }: RunState, { running, waiting }: ImageCounts): string[] {
  if (status === "RUNNING") return [`${grouped(running)} running`, `${grouped(waiting)} waiting`];
  return running + waiting > 0 ? [`${grouped(running + waiting)} not done`] : [];
}

function trafficOf({ bytes: amount, about, rate }: RunState): string {
  if (!amount) return "";
  const speed = rate === undefined ? "" : `, ${bytes(rate)}/s`;
  return `${about ? "about " : ""}${bytes(amount)}${speed}`;
}
