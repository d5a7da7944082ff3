/** The namespace of the metrics in CloudWatch. */
export const metricNamespace = "EcrReplicator";

/** The metrics, each with its unit as CloudWatch names it. */
export const metricUnits = {
  ImagesReplicated: "Count",
  ImagesInSync: "Count",
  ImagesFailed: "Count",
  LayersCopied: "Count",
  BytesCopied: "Bytes",
  ImageSeconds: "Seconds",
  RunsSucceeded: "Count",
  RunsFailed: "Count",
  ImagesSelected: "Count",
  ImagesInStep: "Count",
  TagsDeleted: "Count",
  RunSeconds: "Seconds",
} as const satisfies Record<string, "Count" | "Bytes" | "Seconds">;

export type MetricName = keyof typeof metricUnits;

/** The metrics that are also told apart by the name of the failure. */
export const failureMetrics: readonly MetricName[] = ["ImagesFailed", "RunsFailed"];
