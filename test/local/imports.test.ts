import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");
const LOCAL = join(ROOT, "local");
// The interpreter of state machines, and the validation of ECR's requests.
const PACKAGES = ["aws-local-stepfunctions", "zod"];

const files = readdirSync(LOCAL, { recursive: true, encoding: "utf8" }).filter((file) =>
  /\.(ts|js)$/.test(file),
);

test("local AWS imports nothing of the product, and no packages but its own", () => {
  const foreign = files.flatMap((file) =>
    importsOf(join(LOCAL, file))
      .filter((imported) => !allowed(imported, join(LOCAL, file)))
      .map((imported) => `${relative(ROOT, join(LOCAL, file))} imports ${imported}`),
  );
  expect(files.length).toBeGreaterThan(20);
  expect(foreign).toEqual([]);
});

function importsOf(file: string): string[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/^\s*(?:import|export)\b[^;]*?from "([^"]+)"|^import "([^"]+)"/gm)].map(
    ([, from, only]) => from ?? only ?? "",
  );
}

function allowed(imported: string, file: string): boolean {
  if (imported.startsWith(".")) return resolve(dirname(file), imported).startsWith(`${LOCAL}/`);
  return imported.startsWith("node:") || PACKAGES.includes(imported);
}
