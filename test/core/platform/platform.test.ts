import { formatPlatform, matches, parsePlatform } from "../../../core/platform/platform.ts";

test.each([
  ["linux/amd64", "linux/amd64"],
  ["linux/amd64/v1", "linux/amd64"],
  ["linux/amd64/v3", "linux/amd64/v3"],
  ["Linux/x86_64", "linux/amd64"],
  ["linux/aarch64", "linux/arm64"],
  ["linux/arm64/v8", "linux/arm64"],
  ["linux/arm64/8", "linux/arm64"],
  ["linux/arm64/v9", "linux/arm64/v9"],
  ["linux/arm", "linux/arm"],
  ["linux/arm/v7", "linux/arm"],
  ["linux/arm/7", "linux/arm"],
  ["linux/armhf", "linux/arm"],
  ["linux/armel", "linux/arm/v6"],
  ["linux/i386", "linux/386"],
  ["macos/arm64", "darwin/arm64"],
  ["windows/amd64", "windows/amd64"],
  ["windows(10.0.20348)/amd64", "windows(10.0.20348)/amd64"],
])("%s is %s", (text, expected) => {
  expect(formatPlatform(parsePlatform(text))).toBe(expected);
});

test.each([
  "",
  "linux",
  "linux/",
  "/amd64",
  "linux/amd64/v1/x",
  "linux amd64",
  "windows()/amd64",
  "linux/amd64,linux/arm64",
])("'%s' is refused, and it is said what was expected", (text) => {
  expect(() => parsePlatform(text)).toThrow(RangeError);
  expect(() => parsePlatform(text)).toThrow(/expected <os>\/<architecture>\[\/<variant>\]/);
});

test.each([
  ["linux/amd64", "linux/amd64", true],
  ["linux/amd64", "linux/amd64/v2", false],
  ["linux/arm64/v8", "linux/arm64", true],
  ["linux/arm", "linux/arm/v6", false],
  ["linux/amd64", "windows/amd64", false],
  ["windows/amd64", "windows(10.0.17763.1)/amd64", true],
  ["windows(10.0.17763)/amd64", "windows(10.0.17763.5329)/amd64", true],
  ["windows(10.0.17763)/amd64", "windows(10.0.177631)/amd64", false],
  ["windows(10.0.17763)/amd64", "windows/amd64", false],
])("%s stands for %s: %s", (wanted, platform, expected) => {
  expect(matches(parsePlatform(wanted), parsePlatform(platform))).toBe(expected);
});
