import { readFileSync } from "node:fs";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { ImageReplicator } from "../../infra/image-replicator.ts";
import type { ImageReplicatorProps } from "../../infra/image-replicator-props.ts";
import type { Replication } from "../../infra/replication.ts";
import { readReplicationFile } from "../../infra/replication-file.ts";
import { addStacks } from "../../infra/stacks.ts";

const context = JSON.parse(readFileSync("cdk.json", "utf8")).context as Record<string, unknown>;

/** The app as `replication.yaml` deploys it, with other fields laid over its own. */
export function exampleApp(replication: Partial<Replication> = {}): App {
  const app = new App({ context });
  addStacks(app, { ...readReplicationFile("replication.yaml"), ...replication });
  return app;
}

/** The templates of the app as `replication.yaml` deploys it, with other fields laid over its own. */
export function synthesizeApp(replication: Partial<Replication> = {}): Record<string, Template> {
  const { children } = exampleApp(replication).node;
  const stacks = children.filter((child): child is Stack => Stack.isStack(child));
  return Object.fromEntries(stacks.map((stack) => [stack.stackName, Template.fromStack(stack)]));
}

/** The template of a stack with one replicator in it. */
export function synthesizeReplicator(props: ImageReplicatorProps = {}): Template {
  const stack = new Stack(new App({ context }), "Stack", {
    env: { account: "333333333333", region: "eu-central-1" },
  });
  new ImageReplicator(stack, "Replicator", props);
  return Template.fromStack(stack);
}
