import { Duration } from "aws-cdk-lib";
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  MathExpression,
  Stats,
  TextWidget,
} from "aws-cdk-lib/aws-cloudwatch";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import { type MetricName, metricNamespace, metricUnits } from "../core/model/metric.ts";
import { metricOf } from "./metric-of.ts";

/** What a dashboard shows. */
export interface Shown {
  readonly stateMachines: readonly StateMachine[];
  readonly functions: Readonly<Record<string, IFunction>>;
  readonly queues: Readonly<Record<string, IQueue>>;
  readonly alarms: readonly Alarm[];
}

const period = Duration.minutes(5);

/** One of the graphs of a row, which share its width. */
interface Graph {
  readonly title: string;
  readonly metrics: readonly IMetric[];
}

/** A dashboard of what is replicated and what fails, by rule, and of the machines, functions and queues behind it. */
export function dashboard(scope: Construct, id: string, shown: Shown): Dashboard {
  const board = new Dashboard(scope, id, { defaultInterval: Duration.days(3) });
  const alarms = [...shown.alarms];
  if (alarms.length > 0) board.addWidgets(new AlarmStatusWidget({ title: "Alarms", alarms, width: 24 }));
  board.addWidgets(heading("By rule: `none` is what was started without one"));
  for (const row of rulesRows()) board.addWidgets(...widgets(row));
  board.addWidgets(heading("Behind it"));
  for (const row of rowsBehind(shown)) board.addWidgets(...widgets(row));
  return board;
}

function heading(markdown: string): TextWidget {
  return new TextWidget({ markdown: `## ${markdown}`, width: 24, height: 1 });
}

function widgets(row: readonly Graph[]): GraphWidget[] {
  return row.map(
    ({ title, metrics }) =>
      new GraphWidget({
        title,
        left: [...metrics],
        leftYAxis: { min: 0, showUnits: false },
        period,
        width: 24 / row.length,
      }),
  );
}

function rulesRows(): Graph[][] {
  return [
    [
      byRule("Images copied", "ImagesReplicated"),
      byRule("Images in step, of runs", "ImagesInStep"),
      byRule("Images found in sync, of others", "ImagesInSync"),
      byRule("Images failed", "ImagesFailed"),
    ],
    [
      byFailure("Images failed, by failure", "ImagesFailed"),
      byFailure("Runs failed, by failure", "RunsFailed"),
      byRule("Runs succeeded", "RunsSucceeded"),
      byRule("Longest run, in s", "RunSeconds"),
    ],
    [
      byRule("Bytes copied", "BytesCopied"),
      byRule("Layers copied", "LayersCopied"),
      imageSeconds(),
      byRule("Tags deleted", "TagsDeleted"),
    ],
  ];
}

function rowsBehind({ stateMachines, functions, queues }: Shown): Graph[][] {
  const rows = [stateMachines.map(executionsOf), callsOf(functions), messagesOf(queues)];
  return rows.filter((row) => row.some(({ metrics }) => metrics.length > 0));
}

/** The longest of what takes time, and the sum of what is counted. */
const statisticOf = (name: MetricName) => (metricUnits[name] === "Seconds" ? Stats.MAXIMUM : Stats.SUM);

/** A search finds the rules that there are, also those that are started by hand. */
function byRule(title: string, name: MetricName): Graph {
  return { title, metrics: [search("Rule", name, dynamic("Rule"))] };
}

function byFailure(title: string, name: MetricName): Graph {
  return { title, metrics: [search("Rule,Failure", name, `${dynamic("Rule")}: ${dynamic("Failure")}`)] };
}

/** A label that has the dimension's value (CloudWatch User Guide, "Using dynamic labels"). */
function dynamic(dimension: string): string {
  return `\${PROP('Dim.${dimension}')}`;
}

// CloudWatch User Guide, "Search expression syntax".
function search(dimensions: string, name: MetricName, label: string): IMetric {
  const expression = `SEARCH('{${metricNamespace},${dimensions}} MetricName="${name}"', '${statisticOf(name)}', ${period.toSeconds()})`;
  return new MathExpression({ expression, label, period });
}

function imageSeconds(): Graph {
  const statistics = [Stats.percentile(50), Stats.percentile(95), Stats.MAXIMUM];
  const metrics = statistics.map((statistic) =>
    metricOf("ImageSeconds", { period, statistic, label: statistic }),
  );
  return { title: "Time of an image, in s", metrics };
}

function executionsOf(machine: StateMachine): Graph {
  const sum = { period, statistic: Stats.SUM };
  const metrics = [
    machine.metricStarted({ ...sum, label: "started" }),
    machine.metricSucceeded({ ...sum, label: "succeeded" }),
    machine.metricFailed({ ...sum, label: "failed" }),
    machine.metricTimedOut({ ...sum, label: "timed out" }),
    machine.metricAborted({ ...sum, label: "stopped" }),
    machine.metricThrottled({ ...sum, label: "throttled" }),
  ];
  return { title: `Executions of ${machine.stateMachineName}`, metrics };
}

function callsOf(functions: Shown["functions"]): Graph[] {
  const all = Object.entries(functions);
  const longest = { period, statistic: Stats.MAXIMUM };
  return [
    {
      title: "Errors of functions",
      metrics: all.map(([label, each]) => each.metricErrors({ label, period })),
    },
    {
      title: "Throttles of functions",
      metrics: all.map(([label, each]) => each.metricThrottles({ label, period })),
    },
    {
      title: "Longest call, in ms",
      metrics: all.map(([label, each]) => each.metricDuration({ ...longest, label })),
    },
  ];
}

function messagesOf(queues: Shown["queues"]): Graph[] {
  const all = Object.entries(queues);
  const most = { period, statistic: Stats.MAXIMUM };
  return [
    {
      title: "Messages in queues",
      metrics: all.map(([label, each]) => each.metricApproximateNumberOfMessagesVisible({ ...most, label })),
    },
    {
      title: "Age of the oldest message, in s",
      metrics: all.map(([label, each]) => each.metricApproximateAgeOfOldestMessage({ ...most, label })),
    },
  ];
}
