/** @type {import("jest").Config} */
export default {
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  transform: { "\\.ts$": ["@swc/jest", { jsc: { target: "es2024", parser: { syntax: "typescript" } } }] },
  modulePathIgnorePatterns: ["<rootDir>/dist/", "<rootDir>/cdk.out/"],
  globalSetup: "<rootDir>/test/temporary-folder.cjs",
  testSequencer: "<rootDir>/test/longest-first.cjs",
  // Ends what hangs, on a machine of any speed.
  testTimeout: 600_000,
  watchman: false,
};
