import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { StepName } from "./permissions.ts";

// By the package's own name, so that it is the same folder from the sources and from the built package.
const packageRoot = dirname(createRequire(import.meta.url).resolve("ecr-replicator/package.json"));

/** The functions: one for each step, and those that start executions. */
export type FunctionName = StepName | "start" | "start-push";

/** The folder with the built code of a function. Throws an Error when it has not been built. */
export function bundleOf(name: FunctionName, root: string = packageRoot): string {
  const folder = join(root, "dist", "lambdas", name);
  if (!existsSync(join(folder, "index.mjs"))) {
    throw new Error(`The function "${name}" is not built: ${folder} has no index.mjs. Run: npm run build`);
  }
  return folder;
}
