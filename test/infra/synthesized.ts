import { readFileSync } from "node:fs";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { ImageReplicator, type ImageReplicatorProps } from "../../infra/image-replicator.ts";
import { readSettings, settingsKey } from "../../infra/settings.ts";
import { addStacks } from "../../infra/stacks.ts";

const context = JSON.parse(readFileSync("cdk.json", "utf8")).context as Record<string, unknown>;

/** The app as `cdk.json` deploys it, with other settings laid over it. */
export function exampleApp(settings: object = {}): App {
  const app = new App({ context });
  addStacks(app, readSettings({ ...(context[settingsKey] as object), ...settings }));
  return app;
}

/** The templates of the app as `cdk.json` deploys it, with other settings laid over it. */
export function synthesizeApp(settings: object = {}): Record<string, Template> {
  const stacks = exampleApp(settings).node.children.filter((child): child is Stack => Stack.isStack(child));
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
