import type { Report } from "../core/model/report.ts";
import { bytes } from "./amount.ts";

/** A report as a person reads it. */
export function reportText(report: Report): string {
  const { status, source, destination, digest, manifests, layers, seconds, images } = report;
  const rows = [
    [status, images ? `${images.length} images` : destination],
    ["from", source],
    ...(images
      ? images.map((image) => ["", `${image.status} ${image.destination}@${image.digest}`])
      : [["digest", digest]]),
  ];
  const verb = status === "Planned" ? "to copy" : "copied";
  if (status !== "InSync") {
    rows.push(
      ["manifests", `${manifests.copied} ${verb}, ${manifests.present} present`],
      [
        "layers",
        `${layers.copied} ${verb} (${bytes(layers.bytesCopied)}), ${layers.present} present (${bytes(layers.bytesPresent)})`,
      ],
    );
  }
  const { copied, present, refused } = report.referrers;
  if (copied + present + refused > 0) {
    rows.push(["artifacts", `${copied} ${verb}, ${present} present, ${refused} refused`]);
  }
  rows.push(["time", `${seconds} s`], ...report.warnings.map((warning) => ["warning", warning]));
  const width = Math.max(...rows.map(([name = ""]) => name.length));
  return rows.map(([name = "", text]) => `${name.padEnd(width)}  ${text}\n`).join("");
}
