import { readFileSync } from "node:fs";
import { failureMetrics, type MetricName, metricUnits } from "../../core/model/metric.ts";
import { putMetrics } from "../../lambdas/metrics.ts";
import { stdoutOf } from "./stdout.ts";

interface Directive {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
}

type Line = Readonly<Record<string, unknown>> & {
  readonly _aws: { readonly Timestamp: number; readonly CloudWatchMetrics: readonly Directive[] };
};

const all = Object.fromEntries(Object.keys(metricUnits).map((name, at) => [name, at])) as Record<
  MetricName,
  number
>;

async function lineOf(...given: Parameters<typeof putMetrics>): Promise<Line> {
  const lines = await stdoutOf(() => putMetrics(...given));
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? "");
}

/** What is wrong with a line by CloudWatch's schema (CloudWatch User Guide, "Specification: Embedded metric format"). */
function problemsOf(line: Line): string[] {
  const { Timestamp, CloudWatchMetrics } = line._aws;
  const problems = [
    ...(Number.isInteger(Timestamp) && Timestamp > Date.now() - 60_000 ? [] : ["Timestamp"]),
    ...(CloudWatchMetrics.length > 0 ? [] : ["no metrics"]),
  ];
  for (const { Namespace, Dimensions, Metrics } of CloudWatchMetrics) {
    if (!/^[0-9A-Za-z.\-_/#:]{1,255}$/.test(Namespace)) problems.push("Namespace");
    if (Dimensions.length === 0 || Dimensions.some((set) => set.length > 30)) problems.push("Dimensions");
    if (Metrics.length === 0 || Metrics.length > 100) problems.push("number of metrics");
    for (const name of Dimensions.flat()) {
      if (!/^[\x20-\x7e]{1,1024}$/.test(String(line[name])) || typeof line[name] !== "string")
        problems.push(`dimension ${name}`);
    }
    for (const { Name, Unit } of Metrics) {
      if (!Number.isFinite(line[Name])) problems.push(`metric ${Name}`);
      if (!["Count", "Bytes", "Seconds"].includes(Unit)) problems.push(`unit of ${Name}`);
    }
  }
  return problems;
}

const combinations = ({ _aws: { CloudWatchMetrics } }: Line) =>
  CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) =>
    Metrics.flatMap(({ Name }) => Dimensions.map((set) => [Name, ...set].join(" "))),
  );

describe("metrics", () => {
  test("are one line that CloudWatch understands", async () => {
    expect(problemsOf(await lineOf({ rule: "team", failure: "AccessDenied" }, all))).toEqual([]);
    expect(problemsOf(await lineOf({}, { RunsSucceeded: 1 }))).toEqual([]);
  });

  test("are of all rules together and of the rule, and those of failures also of the failure's name", async () => {
    const line = await lineOf(
      { rule: "team", failure: "AccessDenied" },
      { ImagesFailed: 1, ImagesInSync: 0 },
    );
    expect(combinations(line)).toEqual([
      "ImagesFailed",
      "ImagesFailed Rule",
      "ImagesInSync",
      "ImagesInSync Rule",
      "ImagesFailed Rule Failure",
    ]);
    expect(line).toMatchObject({ Rule: "team", Failure: "AccessDenied", ImagesFailed: 1, ImagesInSync: 0 });
  });

  test("have no failure where there is none", async () => {
    const line = await lineOf({ rule: "team" }, all);
    expect(line).not.toHaveProperty("Failure");
    expect(combinations(line).filter((each) => each.includes("Failure"))).toEqual([]);
  });

  test.each([undefined, "", "Not A Rule", "ü", "x".repeat(41), { name: "team" }, 7, null])(
    "are of the rule none when the rule is called %j",
    async (rule) => {
      const line = await lineOf({ rule, failure: "RequestInvalid" }, { ImagesFailed: 1 });
      expect(line["Rule"]).toBe("none");
      expect(problemsOf(line)).toEqual([]);
    },
  );

  test("of failures are among the metrics", () => {
    for (const name of failureMetrics) expect(metricUnits).toHaveProperty(name, "Count");
  });

  test("are each in docs/observability.md, with its unit", () => {
    const text = readFileSync("docs/observability.md", "utf8");
    for (const [name, unit] of Object.entries(metricUnits)) {
      expect(text).toMatch(new RegExp(`^\\| \`${name}\` \\| ${unit} \\|`, "m"));
    }
  });
});
