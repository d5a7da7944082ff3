import { list, type NamedResource, nameOf as name, type ResourceType, regionalArn } from "./resource-type.ts";

const alarmArn = (resource: NamedResource) => regionalArn(resource, "cloudwatch", `alarm:${resource.name}`);
const ACTIONS = "ActionsEnabled AlarmActions OKActions InsufficientDataActions";

/** The resource types that watch others. */
export const MONITORING_RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  "AWS::CloudWatch::Alarm": {
    nameProperty: "AlarmName",
    longest: 255,
    ref: name,
    attributes: { Arn: alarmArn },
    properties: list(
      `AlarmName AlarmDescription ${ACTIONS} MetricName Namespace Dimensions Statistic ExtendedStatistic Unit Period Metrics ComparisonOperator Threshold ThresholdMetricId EvaluationPeriods DatapointsToAlarm TreatMissingData EvaluateLowSampleCountPercentile Tags`,
    ),
  },
  "AWS::CloudWatch::CompositeAlarm": {
    nameProperty: "AlarmName",
    longest: 255,
    ref: name,
    attributes: { Arn: alarmArn },
    properties: list(
      `AlarmName AlarmDescription ${ACTIONS} AlarmRule ActionsSuppressor ActionsSuppressorExtensionPeriod ActionsSuppressorWaitPeriod Tags`,
    ),
  },
  "AWS::CloudWatch::Dashboard": {
    nameProperty: "DashboardName",
    longest: 255,
    ref: name,
    attributes: {},
    properties: list("DashboardName DashboardBody Tags"),
  },
};
