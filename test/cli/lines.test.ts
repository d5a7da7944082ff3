import { Lines } from "../../cli/lines.ts";
import { blob, planOf } from "./plan.ts";

const MiB = 1024 * 1024;

function open() {
  const clock = { now: 1_000_000 };
  const written: string[] = [];
  const lines = new Lines({ write: (text) => written.push(text) }, () => clock.now);
  return { clock, written, lines };
}

test("a copy reads as lines: what is done, what there is to copy, each layer, the manifests", () => {
  const { clock, written, lines } = open();
  const [a, b] = [blob("a", 3 * MiB), blob("b", MiB)];
  lines.doing("comparing");
  lines.planned(planOf("CopyLayers", [a, b], 2));
  clock.now += 1_000;
  lines.copied(a, MiB);
  lines.copied(b, MiB);
  lines.copied(a, 3 * MiB);
  lines.planned(planOf("PutManifests"));
  lines.doing("putting manifests");
  lines.end();
  expect(written.join("")).toBe(
    [
      "comparing",
      "copying 2 layers, 4.0 MiB; 2 there",
      "layer bbbbbbbbbbbb copied, 2.0 MiB of 4.0 MiB, 2.0 MiB/s, 1 s left",
      "layer aaaaaaaaaaaa copied, 4.0 MiB of 4.0 MiB, 4.0 MiB/s",
      "putting manifests",
      "",
    ].join("\n"),
  );
});

test("what is left of a layer that was begun before is what there is to copy", () => {
  const { written, lines } = open();
  lines.planned(planOf("CopyLayers", [blob("a", 3 * MiB, MiB)]));
  lines.end();
  expect(written).toEqual(["copying 1 layer, 2.0 MiB\n"]);
});

test("after ten seconds without a line there is one, and not before", () => {
  const { clock, written, lines } = open();
  const a = blob("a", 100 * MiB);
  lines.planned(planOf("CopyLayers", [a]));
  clock.now += 9_999;
  lines.copied(a, 10 * MiB);
  lines.tick();
  expect(written).toHaveLength(1);
  clock.now += 1;
  lines.tick();
  lines.tick();
  lines.end();
  expect(written.slice(1)).toEqual(["10.0 MiB of 100.0 MiB, 1.0 MiB/s, 1 min 30 s left\n"]);
});

test("there is no such line while no layer is on its way", () => {
  const { clock, written, lines } = open();
  clock.now += 60_000;
  lines.tick();
  lines.end();
  expect(written).toEqual([]);
});
