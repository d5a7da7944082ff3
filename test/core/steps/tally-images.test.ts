import type { Run } from "../../../core/model/run.ts";
import type { ImageOutcome } from "../../../core/model/totals.ts";
import { type Tallied, tallyImages } from "../../../core/steps/tally-images.ts";
import { eachOf, failedImage, listingOf, reportOf } from "../../fakes/outcomes.ts";
import { anyRepository as run } from "../../fakes/rule-run.ts";

const pruning: Run = { ...run, prune: true };

describe("tallyImages", () => {
  test("adds up how images ended", async () => {
    const outcomes: ImageOutcome[] = [
      reportOf("a"),
      reportOf("b", { status: "InSync" }),
      reportOf("c", { status: "Planned", tasks: 7, warnings: ["take care"] }),
      failedImage("d"),
      failedImage("e", "TagImmutable"),
      failedImage("f"),
    ];
    const listing = listingOf({ selected: 10, differing: 6, inSync: 4, repositories: 1 });
    const tallied = await tallyImages({ run, listing }, eachOf(...outcomes));
    expect(tallied).toMatchObject({
      listing,
      rounds: 1,
      copied: 2,
      inSync: 1,
      failed: 3,
      failures: { AccessDenied: 2, TagImmutable: 1 },
      manifests: { copied: 3, present: 6 },
      layers: { copied: 9, present: 12, bytesCopied: 1_500, bytesPresent: 1_800 },
      tasks: 7,
      warnings: [expect.stringMatching(/mirror\/app:c: take care$/)],
    });
    expect(tallied.copiedImages).toMatchObject([{ bytes: 500 }, { bytes: 500, tasks: 7 }]);
    expect(tallied.failedImages).toHaveLength(3);
  });

  test("adds round to round, and knows which have found something to delete", async () => {
    const first = listingOf({
      repositories: 8,
      selected: 5,
      deletions: 2,
      owned: 9,
      kept: 1,
      failures: 1,
      errors: { AccessDenied: 1 },
      created: ["a"],
      after: "team/h",
    });
    const one = await tallyImages({ run: pruning, listing: first }, eachOf(reportOf("a")));
    const two = await tallyImages(
      { run: pruning, listing: listingOf({ repositories: 8, selected: 1, after: "team/p" }), totals: one },
      eachOf(),
    );
    const last = listingOf({
      repositories: 3,
      selected: 2,
      deletions: 1,
      owned: 1,
      kept: 2,
      failures: 2,
      errors: { AccessDenied: 1, RepositoryNotFound: 1 },
      created: ["b"],
    });
    const three = await tallyImages({ run: pruning, listing: last, totals: two }, eachOf(reportOf("b")));
    expect([one.next, two.next, three.next]).toEqual(["ListImages", "ListImages", "FinishImages"]);
    expect(three).toMatchObject({ rounds: 3, copied: 2, pruning: [0, 2] });
    expect(three.listing).toMatchObject({
      repositories: 19,
      selected: 8,
      deletions: 3,
      owned: 10,
      kept: 3,
      failures: 3,
      errors: { AccessDenied: 2, RepositoryNotFound: 1 },
      created: ["a", "b"],
    });
    expect(three.listing).not.toHaveProperty("after");
  });

  test("does not change what earlier rounds have added up", async () => {
    const one = await tallyImages(
      { run, listing: listingOf() },
      eachOf<ImageOutcome>(reportOf("a"), failedImage("b")),
    );
    const before = JSON.stringify(one);
    await tallyImages(
      { run, listing: listingOf(), totals: one },
      eachOf<ImageOutcome>(reportOf("c"), failedImage("d")),
    );
    expect(JSON.stringify(one)).toBe(before);
  });

  const cases: [string, Run, Partial<Parameters<typeof listingOf>[0]>, ImageOutcome[], Tallied["next"]][] = [
    ["is pruned at the end", pruning, { deletions: 1 }, [reportOf("a")], "PruneImages"],
    ["with nothing to delete is finished", pruning, {}, [], "FinishImages"],
    ["is listed to its end first", pruning, { deletions: 1, after: "team/a" }, [], "ListImages"],
    ["of which an image failed is not pruned", pruning, { deletions: 1 }, [failedImage("a")], "FinishImages"],
    [
      "of which a repository failed is not pruned",
      pruning,
      { deletions: 1, failures: 1 },
      [],
      "FinishImages",
    ],
    ["goes on after failures", pruning, { failures: 1, after: "team/a" }, [failedImage("a")], "ListImages"],
    ["that is a plan is not pruned", { ...pruning, mode: "plan" }, { deletions: 1 }, [], "FinishImages"],
    [
      "that should select something and does not is not pruned",
      { ...pruning, mustSelect: true },
      { deletions: 1 },
      [],
      "FinishImages",
    ],
    [
      "that selects something is pruned",
      { ...pruning, mustSelect: true },
      { deletions: 1, selected: 1 },
      [],
      "PruneImages",
    ],
  ];
  test.each(cases)("a run that %s", async (_, rule, found, outcomes, next) => {
    const tallied = await tallyImages({ run: rule, listing: listingOf(found) }, eachOf(...outcomes));
    expect(tallied.next).toBe(next);
  });
});
