import { join, resolve } from "node:path";
import { App } from "aws-cdk-lib";
import { readReplicationFile } from "./replication-file.ts";
import { addStacks } from "./stacks.ts";

const app = new App({ analyticsReporting: false });
const config: unknown = app.node.tryGetContext("config");
const file =
  typeof config === "string" ? resolve(config) : join(import.meta.dirname, "..", "replication.yaml");
try {
  addStacks(app, readReplicationFile(file));
  app.synth();
} catch (error) {
  // What is wrong with the configuration is said in full; a stack trace would hide it.
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
