import { type ImageOutcome, noTotals, Tally, type Totals } from "../../../core/model/totals.ts";
import { failedImage, listingOf, reportOf } from "../../fakes/outcomes.ts";

/** The longest references: a registry's host of 253 characters with a port, ECR's of 46, names and tags of their most. */
const source = `${"h".repeat(253)}:65535/${"n".repeat(255)}:${"t".repeat(128)}`;
const destination = `${"d".repeat(54)}/${"n".repeat(256)}:${"t".repeat(128)}`;
const repositories = { source: source.slice(0, -129), destination: destination.slice(0, -129) };

/** Totals of rounds that have found, copied and failed as much as one can say. */
function fullest(message: string): Totals {
  const tally = new Tally(noTotals());
  const failed = { source, destination, error: "RepositoryNotFound", message };
  for (let round = 0; round < 3; round++) {
    tally.listed(
      listingOf({
        repositories: 10_000,
        selected: 10_000_000,
        failures: 20,
        errors: { RepositoryNotFound: 20 },
        created: Array(20).fill(repositories.destination),
        failed: Array(20).fill({ ...failed, ...repositories }),
        after: "n".repeat(256),
      }),
    );
    for (let image = 0; image < 30; image++) {
      tally.ended(failed);
      tally.ended(reportOf("1", { source: `${source}@sha256:${"0".repeat(64)}`, destination, tasks: 1 }));
      tally.ended(reportOf("1", { destination: `${destination}${image}`, warnings: [`${image}${message}`] }));
    }
  }
  return tally.totals;
}

describe("totals", () => {
  test.each([
    ["plain", "m".repeat(10_000)],
    ["of several bytes", "\u4e2d".repeat(10_000)],
    ["that JSON has to escape", '"\\'.repeat(5_000)],
    ["of control characters", "\u0001".repeat(10_000)],
  ])("stay below 100 KB with the longest names and messages %s, since they travel in state", (_, message) => {
    expect(Buffer.byteLength(JSON.stringify(fullest(message)))).toBeLessThan(100_000);
  });

  test("count all and name the first twenty", () => {
    const totals = fullest("no");
    expect(totals).toMatchObject({
      rounds: 3,
      copied: 180,
      failed: 90,
      failures: { RepositoryNotFound: 90 },
    });
    expect(totals.listing).toMatchObject({ failures: 60, errors: { RepositoryNotFound: 60 } });
    const { copiedImages, failedImages, warnings, listing } = totals;
    for (const named of [copiedImages, failedImages, warnings, listing.created, listing.failed]) {
      expect(named).toHaveLength(20);
    }
  });

  test("name all images, where as many are told", () => {
    const tally = new Tally(noTotals(), Number.POSITIVE_INFINITY);
    for (let image = 0; image < 30; image++) tally.ended(failedImage(`${image}`));
    expect(tally.totals.failedImages.map(({ source: from }) => from.split(":")[1])).toEqual(
      Array.from({ length: 30 }, (_, n) => `${n}`),
    );
  });

  test("have each warning once, with the first image that it is of", () => {
    const tally = new Tally(noTotals());
    for (let time = 0; time < 3; time++) tally.ended(reportOf("a", { warnings: ["one", "two"] }));
    tally.ended(reportOf("b", { status: "InSync", warnings: ["one", "w".repeat(1_000)] }));
    tally.ended(reportOf("c", { warnings: ["w".repeat(1_000)] }));
    const at = (tag: string) => reportOf(tag).destination;
    expect(tally.totals.warnings).toEqual([
      `${at("a")}: one`,
      `${at("a")}: two`,
      `${at("b")}: ${"w".repeat(197)}…`,
    ]);
  });

  test("leave a message whole that is short enough, and end a longer one with an ellipsis", () => {
    const messageOf = (message: string) => {
      const tally = new Tally(noTotals());
      tally.ended(failedImage("a", "AccessDenied", message));
      return tally.totals.failedImages[0]?.message ?? "";
    };
    expect(messageOf("m".repeat(400))).toBe("m".repeat(400));
    expect(messageOf("m".repeat(401))).toMatch(/^m{390,}…$/);
    expect(messageOf(`${"m".repeat(390)}${"\u{1f600}".repeat(20)}`).isWellFormed()).toBe(true);
  });

  test("of an outcome do not change those that they began with", () => {
    const before = noTotals();
    const outcomes: ImageOutcome[] = [reportOf("a"), failedImage("b")];
    const tally = new Tally(before);
    for (const outcome of outcomes) tally.ended(outcome);
    expect(before).toEqual(noTotals());
  });

  test("have names of failures as keys, whatever they are called", () => {
    const tally = new Tally(noTotals());
    tally.ended(failedImage("a", "constructor"));
    tally.ended(failedImage("a", "constructor"));
    expect(tally.totals.failures).toEqual({ constructor: 2 });
  });
});
