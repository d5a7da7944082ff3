import type { CopiedImage, FailedImage, RunReport } from "../core/model/run-report.ts";
import { bytes, count, duration, grouped } from "./amount.ts";
import { rows } from "./rows.ts";

/** What an estimate does not count. */
const leftOut =
  "list prices of us-east-1; without traffic between Regions or out of AWS, the storage of the images, and logs";

/** `v10` comes after `v9`; what was found by several at once has no order of its own. */
const { compare } = new Intl.Collator("en", { numeric: true });

/** The report of a rule's run as a person reads it; a plan's on a terminal with a table of what would be done. */
export function runReportText(report: RunReport, isTerminal: boolean): string {
  const { status, rule, source, destination } = report;
  const isPlan = status === "Planned" || report.estimate !== undefined;
  // As wide as the longest that follows the table.
  const head = [
    [status.padEnd("repositories".length), rule],
    ["from", source],
    ["to", destination],
  ];
  const body = isPlan ? (isTerminal ? planTable(report) : planLines(report)) : "";
  return body === "" ? rows([...head, ...summary(report)]) : `${rows(head)}${body}${rows(summary(report))}`;
}

/** What has failed, in rows as wide as those of a report. */
export function failedRows(failed: readonly FailedImage[]): string {
  return rows(bySource(failed).map((image) => ["failed".padEnd("repositories".length), failedText(image)]));
}

function failedText({ source, error, message }: FailedImage): string {
  return `${source}: ${error}: ${message}`;
}

function summary(report: RunReport): string[][] {
  const { images, repositories, manifests, layers, tags, examples, status, warnings, details } = report;
  const isPlan = report.estimate !== undefined;
  const [copied, deleted, created] = isPlan
    ? ["to copy", "to delete", "to create"]
    : ["copied", "deleted", "created"];
  const failed = images.failed > 0 ? `, ${grouped(images.failed)} failed` : "";
  const unread = repositories.failed > 0 ? `, ${grouped(repositories.failed)} failed` : "";
  const made = repositories.created.length > 0 ? `, ${grouped(repositories.created.length)} ${created}` : "";
  return [
    ["repositories", `${grouped(repositories.compared)} compared${made}${unread}`],
    [
      "images",
      `${grouped(images.selected)} selected: ${grouped(images.inSync)} in sync, ${grouped(images.copied)} ${copied}${failed}`,
    ],
    ...(status === "InSync"
      ? []
      : [
          ["manifests", `${grouped(manifests.copied)} ${copied}, ${grouped(manifests.present)} present`],
          [
            "layers",
            `${grouped(layers.copied)} ${copied} (${bytes(layers.bytesCopied)}), ${grouped(layers.present)} present (${bytes(layers.bytesPresent)})`,
          ],
        ]),
    ...(tags.deleted + tags.kept > 0
      ? [
          [
            "tags",
            `${grouped(tags.deleted)} ${deleted}${tags.kept > 0 ? `, ${grouped(tags.kept)} kept` : ""}`,
          ],
        ]
      : []),
    ...bySource(examples.failed).map((image) => ["failed", failedText(image)]),
    ...warnings.map((warning) => ["warning", warning]),
    ...estimated(report),
    ...(details === undefined ? [] : [["details", details]]),
    ["time", duration(report.seconds)],
  ];
}

function estimated({ estimate, tasks = 0 }: RunReport): string[][] {
  if (!estimate) return [];
  const { seconds, cost, transitions } = estimate;
  // It was rounded up.
  const price = cost <= 0.01 ? "less than $0.01" : `$${cost.toFixed(2)}`;
  return [
    [
      "estimate",
      `on the state machine about ${duration(seconds)} and ${price}: ${count(transitions, "state transition")}, ${count(tasks, "task")}`,
    ],
    ["", leftOut],
  ];
}

function planTable({ examples, repositories, images, tags }: RunReport): string {
  const copies = bySource(examples.copied).map((image) => [
    `  ${short(image.source)}`,
    short(image.destination),
    bytes(image.bytes),
    grouped(image.tasks ?? 0),
  ]);
  const section = (title: string, names: readonly string[], all = names.length) =>
    names.length > 0
      ? `\n${title}\n${names.map((name) => `  ${name}\n`).join("")}${more("  ", all - names.length)}`
      : "";
  const table = [["  IMAGE", "TO", "BYTES", "TASKS"], ...copies];
  const text = [
    copies.length > 0 ? `\nto copy\n${rows(table, [2, 3])}${more("  ", images.copied - copies.length)}` : "",
    section("to create", sorted(repositories.created).map(short)),
    section("to delete", sorted(examples.deleted).map(short), tags.deleted),
  ].join("");
  return text === "" ? "" : `${text}\n`;
}

/** A state machine's report names the first only. */
function more(before: string, amount: number): string {
  return amount > 0 ? `${before}and ${grouped(amount)} more\n` : "";
}

function planLines({ examples, repositories, images, tags }: RunReport): string {
  return [
    ...sorted(repositories.created).map((name) => `create ${name}\n`),
    ...bySource(examples.copied).map(copyLine),
    more("copy ", images.copied - examples.copied.length),
    ...sorted(examples.deleted).map((name) => `delete ${name}\n`),
    more("delete ", tags.deleted - examples.deleted.length),
  ].join("");
}

function copyLine({ source, destination, bytes: size, tasks = 0 }: CopiedImage): string {
  return `copy ${source} to ${destination}: ${bytes(size)} in ${count(tasks, "task")}\n`;
}

/** An image without its registry, which is the same for all, and with no more of a digest than tells it. */
function short(name: string): string {
  const image = name.slice(name.indexOf("/") + 1);
  const [tagged = "", digest] = image.split("@sha256:");
  return digest === undefined || /:[^/]*$/.test(tagged) ? tagged : `${tagged}@${digest.slice(0, 12)}`;
}

function sorted(names: readonly string[]): string[] {
  return names.toSorted(compare);
}

function bySource<T extends { readonly source: string }>(images: readonly T[]): T[] {
  return images.toSorted((a, b) => compare(a.source, b.source));
}
