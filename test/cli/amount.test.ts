import { bytes, count, duration } from "../../cli/amount.ts";

test.each([
  [0, "0 B"],
  [1, "1 B"],
  [1_023, "1023 B"],
  [1_024, "1.0 KiB"],
  [1_024 ** 2 - 1, "1024.0 KiB"],
  [1_024 ** 2, "1.0 MiB"],
  [52_000 * 1_024 ** 2, "50.8 GiB"],
  [5_000 * 1_024 ** 4, "5000.0 TiB"],
])("%d bytes are %s", (amount, text) => {
  expect(bytes(amount)).toBe(text);
});

test.each([
  [0.2, "1 s"],
  [59, "59 s"],
  [59.5, "1 min 00 s"],
  [125, "2 min 05 s"],
  [3_599, "59 min 59 s"],
  [3_600, "1 h 00 min"],
  [100_000, "27 h 46 min"],
])("%d seconds are %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test("one is not counted as several", () => {
  expect([0, 1, 2].map((amount) => count(amount, "layer"))).toEqual(["0 layers", "1 layer", "2 layers"]);
});
