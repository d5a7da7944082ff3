/** @type {import("jest").Config} */
export default {
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  transform: { "\\.ts$": ["@swc/jest", { jsc: { target: "es2024", parser: { syntax: "typescript" } } }] },
  modulePathIgnorePatterns: ["<rootDir>/dist/", "<rootDir>/cdk.out/"],
  testSequencer: "<rootDir>/test/longest-first.cjs",
  testTimeout: 30_000,
  watchman: false,
};
