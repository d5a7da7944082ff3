import fc from "fast-check";
import { estimate, type Work } from "../../../core/model/estimate.ts";

const GiB = 1024 ** 3;
const nothing: Work = { images: 0, tasks: 0, manifests: 0, bytes: 0, concurrency: 40 };

describe("estimate", () => {
  test("of nothing is no time and, rounded up, a cent", () => {
    expect(estimate(nothing)).toEqual({ seconds: 0, cost: 0.01, transitions: 8 });
  });

  test("of a hundred images is what it comes to by hand", () => {
    // 8 + 800 + 500 states; 100 GiB are 2,048 s of a function, 400 s besides, at 0.5 GiB; 900 calls.
    // 1,308 x 0.000025 + 2,448 x 0.5 x 0.0000133334 + 900 x 0.0000002 = 0.0327 + 0.01632 + 0.00018 dollars.
    const work = { images: 100, tasks: 500, manifests: 300, bytes: 100 * GiB, concurrency: 1 };
    expect(estimate(work)).toEqual({ seconds: 400, cost: 0.05, transitions: 1_308 });
  });

  test("of one image takes as long as its bytes do, over as many functions as there are tasks", () => {
    const image = { ...nothing, images: 1, manifests: 1, bytes: 100 * GiB };
    expect(estimate({ ...image, tasks: 1 }).seconds).toBe(2_048);
    expect(estimate({ ...image, tasks: 10 }).seconds).toBe(205);
    expect(estimate({ ...image, tasks: 1_000 }).seconds).toBe(52);
  });

  test("of many small images takes as long as ECR takes manifests", () => {
    const work = { ...nothing, images: 10_000, tasks: 10_000, manifests: 30_000, concurrency: 1_000 };
    expect(estimate(work).seconds).toBe(3_000);
  });

  test("grows with all that is to be copied, and in time falls with what is copied at once", () => {
    const count = fc.nat(1_000_000);
    const work = fc.record({
      images: count,
      tasks: count,
      manifests: count,
      bytes: fc.nat(2 ** 50),
      concurrency: fc.integer({ min: 1, max: 1_000 }),
    });
    fc.assert(
      fc.property(
        work,
        fc.constantFrom("manifests", "bytes", "tasks", "images"),
        count,
        (some, field, more) => {
          const [less, much] = [estimate(some), estimate({ ...some, [field]: some[field] + more })];
          expect(much.cost).toBeGreaterThanOrEqual(less.cost);
          expect(much.transitions).toBeGreaterThanOrEqual(less.transitions);
          if (field === "manifests" || field === "bytes") {
            expect(much.seconds).toBeGreaterThanOrEqual(less.seconds);
          }
          const wider = estimate({ ...some, concurrency: some.concurrency + more });
          expect(wider.seconds).toBeLessThanOrEqual(less.seconds);
          expect(wider.cost).toBe(less.cost);
        },
      ),
    );
  });
});
