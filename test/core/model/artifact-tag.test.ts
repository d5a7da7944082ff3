import { subjectOfTag } from "../../../core/model/artifact-tag.ts";
import { cosignTags, fallbackTag } from "../../../core/model/referrer.ts";

const hex = "0123456789abcdef".repeat(4);
const digest = `sha256:${hex}`;

test("the tags that artifacts are looked for by lead back to what they refer to", () => {
  for (const tag of [fallbackTag(digest), ...cosignTags(digest)]) expect(subjectOfTag(tag)).toBe(digest);
});

test.each([
  "",
  "latest",
  digest,
  `sha256-${hex.slice(1)}`,
  `sha256-${hex}0`,
  `sha256-${hex.toUpperCase()}`,
  `sha256-${hex}.`,
  `sha256-${hex}.SIG`,
  `sha256-${hex}.sig.sig`,
  `sha256-${hex}.cosign`,
  `sha256-${hex}\n`,
  `v-sha256-${hex}`,
  `sha512-${hex}`,
])("%j is the tag of an image", (tag) => {
  expect(subjectOfTag(tag)).toBeUndefined();
});
