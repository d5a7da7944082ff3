import type { Template } from "aws-cdk-lib/assertions";
import type { ReplicationRule } from "../../infra/index.ts";
import { synthesizeReplicator } from "./synthesized.ts";

interface Widget {
  readonly type: string;
  readonly width: number;
  readonly x: number;
  readonly y: number;
  readonly properties: {
    readonly title?: string;
    readonly metrics?: readonly (readonly unknown[])[];
    readonly alarms?: readonly string[];
  };
}

/** The widgets of the template's dashboard, with `{}` in place of what is known only at deployment. */
function widgetsOf(template: Template): Widget[] {
  const [board] = Object.values(template.findResources("AWS::CloudWatch::Dashboard"));
  const parts = board?.["Properties"].DashboardBody["Fn::Join"][1] as (string | object)[];
  return JSON.parse(parts.map((part) => (typeof part === "string" ? part : "{}")).join("")).widgets;
}

const rules: ReplicationRule[] = [
  {
    name: "team",
    source: "111111111111.dkr.ecr.eu-central-1.amazonaws.com/team/*",
    destination: "222222222222.dkr.ecr.eu-central-1.amazonaws.com/mirror/*",
    triggers: [{ ecrPush: true }],
  },
];
const widgets = widgetsOf(synthesizeReplicator({ dashboard: true, alarms: true, rules }));
const graph = (title: string) =>
  widgets.find(({ properties }) => properties.title === title)?.properties.metrics ?? [];

describe("the dashboard", () => {
  test("is not there by itself", () => {
    synthesizeReplicator({ rules }).resourceCountIs("AWS::CloudWatch::Dashboard", 0);
  });

  test("shows what happens by rule, and behind it the machines, functions and queues", () => {
    expect(widgets.map(({ type, properties }) => properties.title ?? type)).toEqual([
      "Alarms",
      "text",
      "Images copied",
      "Images in step, of runs",
      "Images found in sync, of others",
      "Images failed",
      "Images failed, by failure",
      "Runs failed, by failure",
      "Runs succeeded",
      "Longest run, in s",
      "Bytes copied",
      "Layers copied",
      "Time of an image, in s",
      "Tags deleted",
      "text",
      "Executions of {}",
      "Executions of {}",
      "Errors of functions",
      "Throttles of functions",
      "Longest call, in ms",
      "Messages in queues",
      "Age of the oldest message, in s",
    ]);
  });

  test("fills its rows", () => {
    const rows = Map.groupBy(widgets, ({ y }) => y);
    for (const row of rows.values()) expect(row.reduce((sum, { width }) => sum + width, 0)).toBe(24);
  });

  test("searches for the rules there are, and names each", () => {
    const [[search] = []] = graph("Images copied") as [{ expression: string; label: string }][];
    expect(search).toMatchObject({
      expression: `SEARCH('{EcrReplicator,Rule} MetricName="ImagesReplicated"', 'Sum', 300)`,
      label: `\${PROP('Dim.Rule')}`,
    });
    const [[failures] = []] = graph("Images failed, by failure") as [{ expression: string }][];
    expect(failures?.expression).toBe(
      `SEARCH('{EcrReplicator,Rule,Failure} MetricName="ImagesFailed"', 'Sum', 300)`,
    );
  });

  test("has every function and queue that there is", () => {
    const labels = (title: string) =>
      graph(title).map((metric) => (metric.at(-1) as { label?: string }).label);
    expect(labels("Errors of functions")).toEqual([
      "plan",
      "untar",
      "copyLayer",
      "putManifests",
      "report",
      "listImages",
      "tallyImages",
      "pruneImages",
      "finishImages",
      "startPush",
    ]);
    expect(labels("Age of the oldest message, in s")).toEqual(["StartFailures", "pushes"]);
  });

  test("of a replicator without rules has neither queues nor alarms", () => {
    const titles = widgetsOf(synthesizeReplicator({ dashboard: true })).map(
      ({ properties }) => properties.title,
    );
    expect(titles).not.toContain("Messages in queues");
    expect(titles).not.toContain("Alarms");
  });
});
