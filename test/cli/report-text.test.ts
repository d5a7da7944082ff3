import { reportText } from "../../cli/report-text.ts";
import type { Report } from "../../core/model/report.ts";

const replicated: Report = {
  status: "Replicated",
  source: "from:1@sha256:abc",
  destination: "to:1",
  digest: "sha256:abc",
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  manifests: { copied: 1, present: 2 },
  layers: { copied: 3, present: 4, bytesCopied: 1_536, bytesPresent: 0 },
  referrers: { copied: 0, present: 0, refused: 0, artifacts: [] },
  warnings: [],
  startedAt: "2026-01-01T00:00:00.000Z",
  seconds: 1.5,
};

test("a report is a table of what was done", () => {
  expect(reportText(replicated)).toBe(
    [
      "Replicated  to:1",
      "from        from:1@sha256:abc",
      "digest      sha256:abc",
      "manifests   1 copied, 2 present",
      "layers      3 copied (1.5 KiB), 4 present (0 B)",
      "time        1.5 s",
      "",
    ].join("\n"),
  );
});

test("a plan says what there is to copy", () => {
  const text = reportText({ ...replicated, status: "Planned" });
  expect(text).toContain("layers     3 to copy (1.5 KiB), 4 present (0 B)\n");
  expect(text).not.toContain("copied");
});

test("of an image in sync nothing was counted, and nothing is told", () => {
  expect(reportText({ ...replicated, status: "InSync" })).not.toMatch(/layers|manifests/);
});

test("of several images each has a line", () => {
  const images = ["a:1", "b:2"].map((destination) => ({ ...replicated, destination }));
  const text = reportText({ ...replicated, source: "s3://b/all.tar", destination: "{name}:{tag}", images });
  expect(text.split("\n").slice(0, 4)).toEqual([
    "Replicated  2 images",
    "from        s3://b/all.tar",
    "            Replicated a:1@sha256:abc",
    "            Replicated b:2@sha256:abc",
  ]);
});

test("artifacts are counted where there are any", () => {
  const referrers = { copied: 2, present: 1, refused: 0, artifacts: [] };
  expect(reportText({ ...replicated, referrers })).toContain("artifacts   2 copied, 1 present, 0 refused\n");
});

test("every warning has a line", () => {
  expect(reportText({ ...replicated, warnings: ["one", "two"] })).toMatch(
    /warning {5}one\nwarning {5}two\n$/,
  );
});
