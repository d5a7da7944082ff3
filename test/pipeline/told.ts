import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LocalAws } from "../../local/aws.ts";
import { historyOf } from "./execution.ts";

/** Everything that people may read of what was run: the histories of all executions, with their states, and the logs. */
export async function everythingTold(aws: LocalAws): Promise<string> {
  const executions = aws.states.machines().flatMap(({ arn }) => aws.states.of(arn));
  const histories = await Promise.all(
    executions.map(async ({ arn }) => JSON.stringify(await historyOf(aws, arn))),
  );
  const folder = join(aws.data, "logs");
  const logs = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
  return [...histories, ...logs].join("\n");
}
