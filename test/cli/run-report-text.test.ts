import { runReportText } from "../../cli/run-report-text.ts";
import type { RunReport } from "../../core/model/run-report.ts";

const [source, destination] = ["from.example/team/*", "to.example/mirror/*"];

const replicated: RunReport = {
  status: "Replicated",
  rule: "team",
  source,
  destination,
  repositories: { compared: 12, created: ["to.example/mirror/app"], failed: 0 },
  images: { selected: 2_000, inSync: 1_500, copied: 500, failed: 0 },
  manifests: { copied: 1_000, present: 2 },
  layers: { copied: 3_000, present: 4, bytesCopied: 1_536, bytesPresent: 0 },
  tags: { deleted: 0, kept: 0 },
  failures: {},
  examples: { copied: [], failed: [], deleted: [] },
  warnings: [],
  startedAt: "2026-01-01T00:00:00.000Z",
  seconds: 61.5,
};

const planned: RunReport = {
  ...replicated,
  status: "Planned",
  images: { selected: 6, inSync: 3, copied: 3, failed: 0 },
  tags: { deleted: 2, kept: 0 },
  examples: {
    copied: [
      image("app:v10", 3 * 1024 * 1024, 12),
      image("app:v9", 20, 1),
      image(`app@sha256:${"ab".repeat(32)}`, 0, 0),
    ],
    failed: [],
    deleted: ["to.example/mirror/app:old", "to.example/mirror/app:new"],
  },
  tasks: 13,
  estimate: { seconds: 65, cost: 0.1, transitions: 1_234 },
};

function image(name: string, bytes: number, tasks: number) {
  const pin = name.includes("@") ? "" : `@sha256:${"cd".repeat(32)}`;
  return {
    source: `from.example/team/${name}${pin}`,
    destination: `to.example/mirror/${name.replace(/@.*/, "")}`,
    bytes,
    tasks,
  };
}

test("a report is a table of what was done", () => {
  expect(runReportText(replicated, true)).toBe(
    [
      "Replicated    team",
      "from          from.example/team/*",
      "to            to.example/mirror/*",
      "repositories  12 compared, 1 created",
      "images        2,000 selected: 1,500 in sync, 500 copied",
      "manifests     1,000 copied, 2 present",
      "layers        3,000 copied (1.5 KiB), 4 present (0 B)",
      "time          1 min 02 s",
      "",
    ].join("\n"),
  );
});

test("what failed, was deleted or kept, is warned of, and where more is, are told", () => {
  const text = runReportText(
    {
      ...replicated,
      status: "Failed",
      images: { ...replicated.images, failed: 2 },
      repositories: { ...replicated.repositories, failed: 1 },
      tags: { deleted: 3, kept: 1 },
      examples: {
        copied: [],
        failed: [
          { source: "from.example/team/b:1", destination: "x", error: "AccessDenied", message: "not yours" },
          { source: "from.example/team/a:1", destination: "x", error: "Throttled", message: "slow down" },
        ],
        deleted: [],
      },
      warnings: ["beware"],
      details: "s3://bucket/key/",
    },
    false,
  );
  expect(text).toContain("\nrepositories  12 compared, 1 created, 1 failed\n");
  expect(text).toContain("\nimages        2,000 selected: 1,500 in sync, 500 copied, 2 failed\n");
  expect(text).toContain(
    "\ntags          3 deleted, 1 kept\nfailed        from.example/team/a:1: Throttled: slow down\nfailed        from.example/team/b:1: AccessDenied: not yours\nwarning       beware\ndetails       s3://bucket/key/\n",
  );
});

test("of a rule in sync nothing was counted, and nothing is told", () => {
  expect(runReportText({ ...replicated, status: "InSync" }, true)).not.toMatch(/layers|manifests|tags/);
});

test("a plan on a terminal is a table, without registries and in an order that people expect", () => {
  expect(runReportText(planned, true)).toBe(
    [
      "Planned       team",
      "from          from.example/team/*",
      "to            to.example/mirror/*",
      "",
      "to copy",
      "  IMAGE                  TO                BYTES  TASKS",
      "  team/app:v9            mirror/app:v9      20 B      1",
      "  team/app:v10           mirror/app:v10  3.0 MiB     12",
      "  team/app@abababababab  mirror/app          0 B      0",
      "",
      "to create",
      "  mirror/app",
      "",
      "to delete",
      "  mirror/app:new",
      "  mirror/app:old",
      "",
      "repositories  12 compared, 1 to create",
      "images        6 selected: 3 in sync, 3 to copy",
      "manifests     1,000 to copy, 2 present",
      "layers        3,000 to copy (1.5 KiB), 4 present (0 B)",
      "tags          2 to delete",
      "estimate      on the state machine about 1 min 05 s and $0.10: 1,234 state transitions, 13 tasks",
      "              list prices of us-east-1; without traffic between Regions or out of AWS, the storage of the images, and logs",
      "time          1 min 02 s",
      "",
    ].join("\n"),
  );
});

test("a plan elsewhere is a line for each thing that would be done, with full names", () => {
  const lines = runReportText(planned, false).split("\n");
  expect(lines.slice(3, 6)).toEqual([
    "create to.example/mirror/app",
    `copy from.example/team/app:v9@sha256:${"cd".repeat(32)} to to.example/mirror/app:v9: 20 B in 1 task`,
    `copy from.example/team/app:v10@sha256:${"cd".repeat(32)} to to.example/mirror/app:v10: 3.0 MiB in 12 tasks`,
  ]);
  expect(lines.slice(7, 9)).toEqual(["delete to.example/mirror/app:new", "delete to.example/mirror/app:old"]);
});

test("a cent, which an estimate is rounded up to, is told as less than one", () => {
  const cheap = { ...planned, estimate: { seconds: 1, cost: 0.01, transitions: 8 } };
  expect(runReportText(cheap, true)).toContain("about 1 s and less than $0.01: 8 state transitions");
});

test("a plan with nothing to do has no empty table", () => {
  const nothing = {
    ...planned,
    images: { selected: 6, inSync: 6, copied: 0, failed: 0 },
    tags: { deleted: 0, kept: 0 },
    repositories: { compared: 1, created: [], failed: 0 },
    examples: { copied: [], failed: [], deleted: [] },
  };
  expect(runReportText(nothing, true)).not.toMatch(/^to |\n\n|IMAGE/);
});

test("a plan of a state machine, which names the first only, says how many there are more", () => {
  const many = { ...planned, images: { ...planned.images, copied: 2_003 }, tags: { deleted: 12, kept: 0 } };
  expect(runReportText(many, true)).toMatch(/ 0\n {2}and 2,000 more\n\n/);
  expect(runReportText(many, true)).toContain("  mirror/app:old\n  and 10 more\n\n");
  expect(runReportText(many, false)).toMatch(
    /\ncopy and 2,000 more\ndelete .*\ndelete .*\ndelete and 10 more\n/,
  );
});
