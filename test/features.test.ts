import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

test("every test that docs/features.md names is there", () => {
  const text = readFileSync(join(root, "docs/features.md"), "utf8");
  const named = [...text.matchAll(/`((?:test|interop)\/[\w/.-]+\.ts)`/g)].map(([, file = ""]) => file);
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});
