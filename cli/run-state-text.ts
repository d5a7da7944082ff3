import { bytes, count, duration, grouped } from "./amount.ts";
import type { View } from "./live.ts";
import { rows } from "./rows.ts";
import type { RunState } from "./run-follower.ts";

/** How a run goes as a person reads it: in rows, and in one line. */
export function runView(state: RunState): View {
  return { block: rows(rowsOf(state)).trimEnd().split("\n"), line: lineOf(state) };
}

function rowsOf(state: RunState): string[][] {
  const { rule, execution, doing, seconds, found, images, left } = state;
  const traffic = trafficOf(state);
  return [
    [rule ?? "run", doing],
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
    ...(images
      ? [
          [
            "images",
            `${grouped(images.done)} of ${grouped(images.total)} done, ${grouped(images.failed)} failed, ${grouped(images.running)} running, ${grouped(images.waiting)} waiting`,
          ],
        ]
      : []),
    ...(traffic === "" ? [] : [["bytes", traffic]]),
  ];
}

function lineOf(state: RunState): string {
  const { doing, images, left } = state;
  if (!images) return doing;
  const traffic = trafficOf(state);
  return [
    `${doing}: ${grouped(images.done)} of ${count(images.total, "image")}`,
    ...(images.failed > 0 ? [`${grouped(images.failed)} failed`] : []),
    ...(images.running > 0 ? [`${grouped(images.running)} running`] : []),
    ...(traffic === "" ? [] : [traffic]),
    ...(left === undefined ? [] : [`about ${duration(left)} left`]),
  ].join(", ");
}

function trafficOf({ bytes: amount, about, rate }: RunState): string {
  if (!amount) return "";
  const speed = rate === undefined ? "" : `, ${bytes(rate)}/s`;
  return `${about ? "about " : ""}${bytes(amount)}${speed}`;
}
