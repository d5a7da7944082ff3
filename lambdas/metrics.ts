/** The namespace of the metrics in CloudWatch. */
const namespace = "EcrReplicator";

/** A metric's value, and its unit as CloudWatch names it. */
type Metric = readonly [value: number, unit: "Count" | "Bytes" | "Seconds"];

/**
 * Writes metrics to the log, from which CloudWatch takes them (CloudWatch User Guide, "Embedded metric format"), for all
 * rules together, for the rule, and for the rule and the failure's name if there is one.
 */
export function putMetrics(
  { rule = "none", failure }: { rule?: string; failure?: string },
  metrics: Readonly<Record<string, Metric>>,
): void {
  const entries = Object.entries(metrics);
  const line = {
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [
        {
          Namespace: namespace,
          Dimensions: [[], ["Rule"], ...(failure === undefined ? [] : [["Rule", "Failure"]])],
          Metrics: entries.map(([Name, [, Unit]]) => ({ Name, Unit })),
        },
      ],
    },
    Rule: rule,
    ...(failure !== undefined && { Failure: failure }),
    ...Object.fromEntries(entries.map(([name, [value]]) => [name, value])),
  };
  // The console of a function would put its own words before it.
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
