import type { Duration } from "aws-cdk-lib";
import { Metric, Stats } from "aws-cdk-lib/aws-cloudwatch";
import { type MetricName, metricNamespace } from "../core/model/metric.ts";

/** How a metric is looked at. */
export interface Look {
  /** Without it, of all rules together. */
  readonly rule?: string;
  readonly period: Duration;
  /** The sum, unless it is another. */
  readonly statistic?: string;
  readonly label?: string;
}

/** A metric that the functions write. */
export function metricOf(metricName: MetricName, { rule, statistic = Stats.SUM, ...look }: Look): Metric {
  const dimensionsMap = rule === undefined ? undefined : { Rule: rule };
  return new Metric({ namespace: metricNamespace, metricName, dimensionsMap, statistic, ...look });
}
