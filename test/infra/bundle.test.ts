import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleOf } from "../../infra/bundle.ts";

describe("bundleOf", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "bundle-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test("is the folder of the built function", () => {
    const folder = join(root, "dist", "lambdas", "plan");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "index.mjs"), "");
    expect(bundleOf("plan", root)).toBe(folder);
  });

  test("says which function is not built and what to run", () => {
    expect(() => bundleOf("copy-layer", root)).toThrow(/"copy-layer" is not built.*Run: npm run build/);
  });

  test("does not take a folder without code", () => {
    mkdirSync(join(root, "dist", "lambdas", "plan"), { recursive: true });
    expect(() => bundleOf("plan", root)).toThrow("no index.mjs");
  });

  test("is found from the package's own name", () => {
    expect(bundleOf("report")).toBe(join(process.cwd(), "dist", "lambdas", "report"));
  });
});
