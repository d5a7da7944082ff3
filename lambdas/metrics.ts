import { failureMetrics, type MetricName, metricNamespace, metricUnits } from "../core/model/metric.ts";
import { ruleName } from "../core/model/rule-name.ts";

/** What a metric is of. */
export interface Dimensions {
  /** What has no name of a rule is under `none`: it may come from a request that was refused. */
  readonly rule?: unknown;
  /** The failure's stable name, if there is one. */
  readonly failure?: string;
}

/**
 * Writes metrics to the log, from which CloudWatch takes them (CloudWatch User Guide, "Specification: Embedded metric
 * format"): for all rules together, for the rule, and those of failures also for the rule and the failure's name.
 */
export function putMetrics(
  { rule, failure }: Dimensions,
  metrics: Readonly<Partial<Record<MetricName, number>>>,
): void {
  const names = Object.keys(metrics) as MetricName[];
  const ofFailure = failure === undefined ? [] : names.filter((name) => failureMetrics.includes(name));
  const line = {
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [
        directive([[], ["Rule"]], names),
        // Apart, since each metric costs by its combinations of dimensions.
        ...(ofFailure.length > 0 ? [directive([["Rule", "Failure"]], ofFailure)] : []),
      ],
    },
    Rule: ruleName.safeParse(rule).data ?? "none",
    ...(failure !== undefined && { Failure: failure }),
    ...metrics,
  };
  // The console of a function would put its own words before it.
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function directive(dimensions: string[][], names: readonly MetricName[]): object {
  return {
    Namespace: metricNamespace,
    Dimensions: dimensions,
    Metrics: names.map((name) => ({ Name: name, Unit: metricUnits[name] })),
  };
}
