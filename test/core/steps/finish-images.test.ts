import type { Listing } from "../../../core/model/listing.ts";
import type { Run } from "../../../core/model/run.ts";
import { noTotals, Tally, type Totals } from "../../../core/model/totals.ts";
import { type FinishInput, failureOf, finishImages } from "../../../core/steps/finish-images.ts";
import { failedImage, listingOf, reportOf } from "../../fakes/outcomes.ts";
import { anyRepository, hosts } from "../../fakes/rule-run.ts";

const startedAt = "2026-03-01T10:00:00.000Z";
const details = "s3://work/runs/team/1/";
const pruning: Run = { ...anyRepository, prune: true };
const deleted = { deleted: 2, kept: 1, examples: ["a", "b"], warnings: ["c was not deleted: it moved"] };

/** The totals of one comparison, and of the images that ended. */
function totalsOf(found: Partial<Listing>, ...outcomes: Parameters<Tally["ended"]>[0][]): Totals {
  const tally = new Tally(noTotals());
  tally.listed(listingOf(found));
  for (const outcome of outcomes) tally.ended(outcome);
  return tally.totals;
}

function finished(input: Partial<FinishInput>) {
  const whole = { run: anyRepository, startedAt, totals: totalsOf({ selected: 1 }), ...input };
  const report = finishImages(whole, new Date("2026-03-01T10:01:02.345Z"));
  return { report, failure: failureOf(whole, report) };
}

describe("the report of a run", () => {
  test("has every field of what was compared, copied and deleted", () => {
    const found = {
      repositories: 3,
      selected: 10,
      inSync: 7,
      differing: 3,
      // Of two that were absent, an image is in one.
      created: [`${hosts.destination}/mirror/app`, `${hosts.destination}/mirror/a`],
      owned: 20,
      deletions: 3,
    };
    const totals = totalsOf(found, reportOf("a"), reportOf("b", { status: "InSync", warnings: ["w"] }));
    expect(finished({ run: pruning, totals, pruned: deleted, details }).report).toEqual({
      status: "Replicated",
      rule: "team",
      source: `${hosts.source}/team/*`,
      destination: `${hosts.destination}/mirror/*`,
      repositories: { compared: 3, created: [`${hosts.destination}/mirror/app`], failed: 0 },
      images: { selected: 10, inSync: 8, copied: 1, failed: 0 },
      manifests: { copied: 2, present: 4 },
      layers: { copied: 6, present: 8, bytesCopied: 1_000, bytesPresent: 1_200 },
      tags: { deleted: 2, kept: 1 },
      failures: {},
      examples: {
        copied: [{ source: reportOf("a").source, destination: reportOf("a").destination, bytes: 500 }],
        failed: [],
        deleted: ["a", "b"],
      },
      warnings: [`${reportOf("b").destination}: w`, "c was not deleted: it moved"],
      details,
      startedAt,
      seconds: 62.3,
    });
  });

  test("counts as kept also what was found to be kept while it was compared, and says so", () => {
    const totals = totalsOf({ selected: 1, owned: 9, kept: 2 });
    const { report } = finished({ run: pruning, totals, pruned: deleted });
    expect(report.tags).toEqual({ deleted: 2, kept: 3 });
    expect(report.warnings).toContain(
      "2 tags were not deleted: their images are still selected, without a tag",
    );
  });

  test("of a plan has what would be, with an estimate", () => {
    const totals = totalsOf(
      { selected: 3, deletions: 2, owned: 20 },
      reportOf("a", { status: "Planned", tasks: 4 }),
      reportOf("b", { status: "Planned", tasks: 2 }),
    );
    const { report, failure } = finished({
      run: { ...pruning, mode: "plan" },
      totals,
      deletions: ["x", "y"],
    });
    expect(failure).toBeUndefined();
    expect(report).toMatchObject({
      status: "Planned",
      images: { copied: 2 },
      tags: { deleted: 2, kept: 0 },
      examples: { deleted: ["x", "y"] },
      tasks: 6,
      estimate: { transitions: 8 + 2 * 8 + 6, seconds: 4 },
      warnings: [],
    });
  });

  const statuses: [string, Partial<FinishInput>, string][] = [
    ["with nothing to do", {}, "InSync"],
    ["that copied", { totals: totalsOf({ selected: 1 }, reportOf("a")) }, "Replicated"],
    [
      "whose images were found in sync",
      { totals: totalsOf({ selected: 1 }, reportOf("a", { status: "InSync" })) },
      "InSync",
    ],
    ["that deleted", { run: pruning, pruned: deleted }, "Replicated"],
    [
      "that could not delete all",
      { run: pruning, pruned: { ...deleted, failure: { name: "AccessDenied", message: "no" } } },
      "Failed",
    ],
    ["that kept all", { run: pruning, pruned: { ...deleted, deleted: 0 } }, "InSync"],
    ["that is a plan", { run: { ...anyRepository, mode: "plan" } }, "Planned"],
    ["with a failed image", { totals: totalsOf({ selected: 2 }, reportOf("a"), failedImage("b")) }, "Failed"],
    [
      "with a failed repository",
      { totals: totalsOf({ failures: 1, errors: { AccessDenied: 1 } }) },
      "Failed",
    ],
    [
      "that is a plan with a failure",
      { run: { ...anyRepository, mode: "plan" }, totals: totalsOf({ selected: 1 }, failedImage("b")) },
      "Failed",
    ],
  ];
  test.each(statuses)("of a run %s has its status", (_, input, status) => {
    expect(finished(input).report.status).toBe(status);
  });

  test("counts failures by name, those of repositories with those of images", () => {
    const found = { failures: 3, errors: { AccessDenied: 2, RepositoryNotFound: 1 } };
    const totals = totalsOf(found, failedImage("a"), failedImage("b", "TagImmutable"));
    expect(finished({ totals }).report.failures).toEqual({
      AccessDenied: 3,
      RepositoryNotFound: 1,
      TagImmutable: 1,
    });
  });
});

describe("the warnings of a run", () => {
  const none = `the rule team selects no image of ${hosts.source}/team/*`;
  const plan: Run = { ...pruning, mode: "plan" };

  const cases: [string, Partial<FinishInput>, string[]][] = [
    ["that selects nothing", { totals: totalsOf({}) }, [none]],
    [
      "whose filters select nothing",
      { run: { ...anyRepository, tags: { include: ["v*"] } }, totals: totalsOf({}) },
      [`${none} with its tags {"include":["v*"]}`],
    ],
    ["that ended before anything was compared", { totals: noTotals() }, []],
    ["that ended between two rounds", { totals: totalsOf({ after: "team/a" }) }, []],
    ["of which nothing could be compared", { totals: totalsOf({ failures: 1 }) }, []],
    ["that selects something", {}, []],
    [
      "that did not prune after a failure",
      { run: pruning, totals: totalsOf({ selected: 1, deletions: 5, owned: 50 }, failedImage("a")) },
      ["5 tags were not deleted, since the run has failed"],
    ],
    [
      "whose pruning was refused",
      { run: pruning, totals: totalsOf({ selected: 1, deletions: 5, owned: 6 }) },
      [],
    ],
    [
      "whose plan would be refused",
      { run: plan, totals: totalsOf({ selected: 1, deletions: 5, owned: 49 }) },
      ["the run would delete none of 5 tags, and fail with PruneRefused: prune.maxDeletes allows 4"],
    ],
    [
      "whose plan would just not be",
      { run: plan, totals: totalsOf({ selected: 1, deletions: 5, owned: 50 }) },
      [],
    ],
    [
      "that was compared with warnings",
      { totals: totalsOf({ selected: 1, warnings: ["take care"] }) },
      ["take care"],
    ],
  ];
  test.each(cases)("%s", (_, input, warnings) => {
    expect(finished(input).report.warnings).toEqual(warnings);
  });
});

describe("the failure of a run", () => {
  test("is none where nothing has failed, though nothing was selected", () => {
    expect(finished({}).failure).toBeUndefined();
    expect(finished({ totals: totalsOf({}) }).failure).toBeUndefined();
  });

  test("of a prune that could not delete all says what had been deleted before", () => {
    const pruned = { ...deleted, deleted: 7, failure: { name: "AccessDenied", message: "no" } } as const;
    expect(finished({ run: pruning, pruned }).failure).toEqual({
      name: "AccessDenied",
      message: "no; at least 7 tags had been deleted before",
    });
  });

  test("of images says how many of how many, by name, the first, and where all are", () => {
    const totals = totalsOf(
      { selected: 9 },
      failedImage("a"),
      failedImage("b", "TagImmutable"),
      failedImage("c"),
    );
    expect(finished({ totals, details }).failure).toEqual({
      name: "ImagesFailed",
      message: `3 of 9 images of the rule team failed (AccessDenied 2, TagImmutable 1); the first: ${hosts.source}/team/app:a: AccessDenied: no; all of them: ${details}`,
    });
  });

  test("of repositories says the same of them", () => {
    const failed = [{ source: "s/a", destination: "d/a", error: "RepositoryNotFound", message: "create it" }];
    const found = { repositories: 5, selected: 9, failures: 1, errors: { RepositoryNotFound: 1 }, failed };
    expect(finished({ totals: totalsOf(found) }).failure?.message).toBe(
      "1 of 5 repositories of the rule team failed (RepositoryNotFound 1); the first: s/a: RepositoryNotFound: create it",
    );
    expect(finished({ totals: totalsOf(found, failedImage("a")) }).failure?.message).toMatch(
      /^1 of 9 images and 1 of 5 repositories of the rule team failed \(/,
    );
  });

  test("is that nothing was selected where something must be", () => {
    const run: Run = { ...anyRepository, mustSelect: true };
    expect(finished({ run, totals: totalsOf({}) }).failure).toEqual({
      name: "NothingSelected",
      message: `the rule team selects no image of ${hosts.source}/team/*, and it says mustSelect`,
    });
    expect(finished({ run }).failure).toBeUndefined();
  });

  test("is that of images rather than that nothing was selected", () => {
    const run: Run = { ...anyRepository, mustSelect: true };
    const totals = totalsOf({ repositories: 1, failures: 1, errors: { AccessDenied: 1 } });
    expect(finished({ run, totals }).failure?.name).toBe("ImagesFailed");
  });
});
