import { shortDigest, Transfer } from "../../cli/transfer.ts";
import { blob } from "./plan.ts";

function transferAt(start = 0) {
  const clock = { now: start };
  return { clock, transfer: new Transfer(() => clock.now) };
}

test("nothing is told of a rate before anything has moved", () => {
  const { clock, transfer } = transferAt();
  expect([transfer.rate, transfer.left]).toEqual([undefined, undefined]);
  transfer.add([blob("a", 100)]);
  clock.now = 5_000;
  expect([transfer.rate, transfer.left]).toEqual([undefined, undefined]);
});

test("the rate is that of the bytes moved since the first round, in bytes a second", () => {
  const { clock, transfer } = transferAt(70_000);
  transfer.add([blob("a", 100), blob("b", 100)]);
  transfer.copied(blob("a", 100), 50);
  clock.now += 2_000;
  expect([transfer.rate, transfer.left]).toEqual([25, 6]);
});

test("bytes that were there before do not count as moved", () => {
  const { clock, transfer } = transferAt();
  transfer.add([blob("a", 100, 80)]);
  clock.now = 1_000;
  expect([transfer.done, transfer.rate]).toEqual([80, undefined]);
  transfer.copied(blob("a", 100), 90);
  expect([transfer.rate, transfer.left]).toEqual([10, 1]);
});

test("a destination that stands further back than thought is believed", () => {
  const { clock, transfer } = transferAt();
  transfer.add([blob("a", 100, 80)]);
  clock.now = 1_000;
  transfer.copied(blob("a", 100), 10);
  expect([transfer.done, transfer.rate]).toEqual([10, undefined]);
});

test("the layers of earlier rounds stay counted, and one that comes again counts once", () => {
  const { transfer } = transferAt();
  transfer.add([blob("a", 100), blob("b", 100)]);
  transfer.copied(blob("a", 100), 100);
  transfer.add([blob("b", 100, 60), blob("c", 10)]);
  expect([transfer.layers, transfer.done, transfer.size]).toEqual([3, 160, 210]);
});

test("layers that move come before those that wait, and those that are there are left out", () => {
  const { transfer } = transferAt();
  transfer.add([blob("a", 100), blob("b", 100), blob("c", 100), blob("d", 0)]);
  transfer.copied(blob("b", 100), 1);
  transfer.copied(blob("c", 100), 100);
  expect(transfer.unfinished.map((movement) => shortDigest(movement.blob))).toEqual([
    "bbbbbbbbbbbb",
    "aaaaaaaaaaaa",
  ]);
});
