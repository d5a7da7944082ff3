import type { Topics } from "../sns/topics.ts";
import { type NamedResource, ofType } from "./resource-type.ts";

const ACTIONS = ["AlarmActions", "OKActions", "InsufficientDataActions"];

/** Checks alarms and dashboards, which do nothing in local AWS; throws an Error that names what CloudWatch refuses. */
export function checkMonitoring(all: readonly NamedResource[], topics: Topics): void {
  for (const alarm of ofType(all, "AWS::CloudWatch::Alarm")) checkMetric(alarm);
  for (const type of ["AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"])
    for (const alarm of ofType(all, type)) checkActions(alarm, topics);
  for (const dashboard of ofType(all, "AWS::CloudWatch::Dashboard")) checkDashboard(dashboard);
}

function checkMetric({ stack, logicalId, properties }: NamedResource): void {
  const { MetricName, Metrics } = properties;
  if ((MetricName === undefined) !== (Metrics === undefined)) return;
  throw new Error(`${stack.name}/${logicalId}: one of MetricName and Metrics has to be given`);
}

function checkActions({ stack, logicalId, properties }: NamedResource, topics: Topics): void {
  for (const property of ACTIONS)
    for (const arn of [properties[property] ?? []].flat().map(String))
      if (arn.startsWith("arn:aws:sns:") && !topics.has(arn))
        throw new Error(`${stack.name}/${logicalId}: ${property}: topic ${arn} does not exist`);
}

function checkDashboard({ stack, logicalId, name, properties }: NamedResource): void {
  const where = `${stack.name}/${logicalId}`;
  if (!/^[\w-]{1,255}$/.test(name))
    throw new Error(
      `${where}: DashboardName is ${name}; 1 to 255 letters, digits, - and _ would be accepted`,
    );
  try {
    const { widgets } = JSON.parse(String(properties["DashboardBody"])) as { widgets?: unknown };
    if (!Array.isArray(widgets)) throw new Error("widgets is not a list");
  } catch (error) {
    throw new Error(`${where}: DashboardBody is no dashboard (${(error as Error).message})`);
  }
}
