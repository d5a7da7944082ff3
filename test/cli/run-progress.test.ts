import { RunProgress } from "../../cli/run-progress.ts";
import type { Listing } from "../../core/model/listing.ts";
import type { Report } from "../../core/model/report.ts";

const MiB = 1024 * 1024;
const copied = { status: "Replicated" } as Report;

function open(mode?: "plan" | "apply") {
  const clock = { now: 1_000_000 };
  const shown: string[] = [];
  const notes: string[] = [];
  const live = {
    show: ({ line }: { line: string }) => shown.push(line),
    note: (line: string) => notes.push(line),
    end: () => shown.push("end"),
  };
  const progress = new RunProgress(live, () => clock.now, mode);
  return { clock, progress, notes, last: () => shown.at(-1) };
}

function listed(repositories: number, selected: number, differing: number): Listing {
  return { repositories, selected, differing } as Listing;
}

test("the line grows with what is known: images, failures, bytes, rate, time left", () => {
  const { clock, progress, notes, last } = open();
  expect(last()).toBe("comparing source and destination");
  for (let image = 0; image < 2_000; image++) progress.found();
  progress.show();
  expect(last()).toBe("0 of at least 2,000 images ended");
  progress.listed(listed(12, 5_000, 2_000));
  expect(notes).toEqual(["compared 12 repositories: 2,000 of 5,000 images to copy"]);
  progress.took(90 * MiB);
  for (let image = 0; image < 499; image++) progress.ended(copied);
  expect(last()).toBe("499 of 2,000 images ended, 90.0 MiB");
  clock.now += 30_000;
  progress.ended({ source: "a/b:1", destination: "c", error: "AccessDenied", message: "not yours" });
  expect(notes.at(-1)).toBe("failed: a/b:1: AccessDenied: not yours");
  expect(last()).toBe(
    "500 of 2,000 images ended, of which 1 failed, 90.0 MiB, 3.0 MiB/s, about 1 min 30 s left",
  );
  progress.end();
});

test("a plan is told as such, and deletions after the images", () => {
  const plan = open("plan");
  plan.progress.found();
  plan.progress.listed(listed(1, 1, 1));
  plan.progress.ended(copied);
  plan.progress.end();
  expect(plan.notes).toEqual(["compared 1 repository: 1 of 1 image to copy"]);
  const { progress, notes, last } = open();
  progress.found();
  progress.listed(listed(1, 9, 1));
  progress.ended(copied);
  progress.pruning(3);
  expect(notes.at(-1)).toBe("1 of 1 image ended");
  expect(last()).toBe("pruning: 3 tags to delete");
  progress.end();
  expect(last()).toBe("end");
});
