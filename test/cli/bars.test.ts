import { Bars } from "../../cli/bars.ts";
import { blob, planOf } from "./plan.ts";
import { Screen } from "./screen.ts";

const MiB = 1024 * 1024;

function open(screen = new Screen()) {
  const clock = { now: 1_000_000 };
  return { clock, screen, bars: new Bars(screen, () => clock.now) };
}

test("each layer on its way has a bar, and all have one with rate and time left", () => {
  const { clock, screen, bars } = open();
  const a = blob("a", 4 * MiB);
  bars.planned(planOf("CopyLayers", [a, blob("b", 4 * MiB)]));
  clock.now += 1_000;
  bars.copied(a, 2 * MiB);
  expect(screen.lines).toEqual([
    `aaaaaaaaaaaa      ${"█".repeat(12)}${"░".repeat(12)}  2.0 MiB of 4.0 MiB`,
    `bbbbbbbbbbbb      ${"░".repeat(24)}  0 B of 4.0 MiB`,
    `0 of 2 layers     ${"█".repeat(6)}${"░".repeat(18)}  2.0 MiB of 8.0 MiB  2.0 MiB/s  3 s left`,
  ]);
  expect(screen.cursorShown).toBe(false);
  bars.end();
});

test("a layer that is there has no bar of its own any more", () => {
  const { screen, bars } = open();
  const a = blob("a", 10);
  bars.planned(planOf("CopyLayers", [a, blob("b", 10)]));
  bars.copied(a, 10);
  expect(screen.lines.map((line) => line.slice(0, 13))).toEqual(["bbbbbbbbbbbb ", "1 of 2 layers"]);
  bars.end();
});

test("what is being done is shown until something else is", () => {
  const { screen, bars } = open();
  bars.doing("comparing");
  expect(screen.lines).toEqual(["comparing"]);
  bars.planned(planOf("CopyLayers", [blob("a", 10)]));
  expect(screen.lines).not.toContain("comparing");
  bars.doing("putting manifests");
  expect(screen.lines.at(-1)).toBe("putting manifests");
  bars.end();
});

test("a note stays above the bars, even when it is longer than a line", () => {
  const { screen, bars } = open(new Screen(40));
  bars.doing("comparing");
  bars.note("execution ".repeat(8));
  bars.doing("waiting");
  expect(screen.lines).toEqual(["execution ".repeat(8), "waiting"]);
  bars.end();
});

test("the end leaves the line for all and gives the cursor back", () => {
  const { screen, bars } = open();
  const a = blob("a", 10);
  bars.planned(planOf("CopyLayers", [a]));
  bars.copied(a, 10);
  bars.doing("putting manifests");
  bars.end();
  expect(screen.lines).toEqual([`1 of 1 layer      ${"█".repeat(24)}  10 B of 10 B`]);
  expect(screen.cursorShown).toBe(true);
});

test("nothing is left of what ended before there was a layer to copy", () => {
  const { screen, bars } = open();
  bars.doing("comparing");
  bars.end();
  expect(screen.lines).toEqual([]);
  expect(screen.cursorShown).toBe(true);
});

test("a frame is never higher or wider than the screen, however many layers there are", () => {
  const { clock, screen, bars } = open(new Screen(40, 7));
  const many = Array.from({ length: 200 }, (_, at) => blob((256 + at).toString(16), 100 * MiB));
  bars.planned(planOf("CopyLayers", many));
  for (const one of many) {
    clock.now += 100;
    bars.copied(one, 7 * MiB);
  }
  expect(screen.lines).toHaveLength(5);
  expect(Math.max(...screen.lines.map((line) => line.length))).toBe(39);
  bars.end();
});
