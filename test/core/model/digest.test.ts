import { digestOf, isDigest } from "../../../core/model/digest.ts";

const hex = "0123456789abcdef".repeat(4);

test("the digest of nothing and of an empty object are the known ones", () => {
  expect(digestOf(new Uint8Array())).toMatch(/^sha256:e3b0c442/);
  expect(digestOf(new TextEncoder().encode("{}"))).toBe(
    "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
  );
});

test("sha256 with 64 lower-case hex digits is a digest", () => {
  expect(isDigest(`sha256:${hex}`)).toBe(true);
});

test.each([
  "",
  hex,
  `sha256:${hex.slice(1)}`,
  `sha256:${hex}0`,
  `sha256:${hex.toUpperCase()}`,
  `SHA256:${hex}`,
  `sha512:${hex}${hex}`,
  `sha256:${hex}\n`,
  ` sha256:${hex}`,
  `sha256:${"g".repeat(64)}`,
])("%j is no digest", (text) => {
  expect(isDigest(text)).toBe(false);
});
