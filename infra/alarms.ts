import { Duration } from "aws-cdk-lib";
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Stats,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import type { Rule } from "../core/model/rule.ts";
import { accept } from "./accept.ts";
import { metricOf } from "./metric-of.ts";

/** What alarms are about, and where they go. */
export interface AlarmsProps {
  readonly stateMachine: StateMachine;
  readonly imagesStateMachine: StateMachine;
  readonly startFailures?: IQueue;
  readonly rules: readonly Rule[];
  /** Alarms are published to it. */
  readonly topic?: ITopic;
}

/** What makes an alarm go off: something at all, unless it says otherwise, within five minutes. */
interface Cause {
  readonly metric: IMetric;
  /** What happened, where to look and what to do, for who is woken by it. */
  readonly description: string;
}

const soon = Duration.minutes(5);

/** The alarms on what fails, and on rules that no run has brought in step for too long. */
export class Alarms extends Construct {
  readonly alarms: readonly Alarm[];
  readonly #topic: ITopic | undefined;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.#topic = props.topic;
    const { stateMachine, imagesStateMachine, startFailures, rules } = props;
    this.alarms = [
      this.#alarm("ImageExecutions", imageExecutions(stateMachine)),
      this.#alarm("RunExecutions", runExecutions(imagesStateMachine)),
      this.#alarm("ImagesFailed", imagesFailed(imagesStateMachine)),
      ...(startFailures ? [this.#alarm("NotStarted", notStarted(startFailures))] : []),
      ...rules.flatMap((rule) => this.#lag(rule, imagesStateMachine)),
    ];
  }

  #alarm(id: string, { metric, description }: Cause): Alarm {
    return this.#heard(
      new Alarm(this, id, {
        metric,
        alarmDescription: description,
        threshold: 1,
        evaluationPeriods: 1,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      }),
    );
  }

  #lag({ name, alarmAfterHours: hours }: Rule, { stateMachineName }: StateMachine): Alarm[] {
    if (hours === undefined) return [];
    const alarm = new Alarm(this, `Behind-${name}`, {
      metric: metricOf("RunsSucceeded", { rule: name, period: Duration.hours(1) }),
      alarmDescription: `No run of the ecr-replicator rule ${name} has succeeded for ${hours} hours, so that its destination may be behind. Look at the executions of the state machine ${stateMachineName} whose input has this name. If there are none, its schedule does not start it: see EventBridge Scheduler and the queue StartFailures. If they failed, remove the cause they name, then redrive the last one, or start one with the same input.`,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      // Together, seven days at most (CloudWatch API Reference, PutMetricAlarm, Period).
      evaluationPeriods: hours,
      treatMissingData: TreatMissingData.BREACHING,
    });
    return [this.#heard(alarm)];
  }

  #heard(alarm: Alarm): Alarm {
    if (this.#topic) alarm.addAlarmAction(new SnsAction(this.#topic));
    else accept(alarm, { cloudwatch_alarm_action_check: "Who is told is by choice: the prop alarmTopic." });
    return alarm;
  }
}

function imageExecutions(machine: StateMachine): Cause {
  return {
    metric: unsuccessful(machine),
    description: `ecr-replicator could not replicate an image: an execution of the state machine ${machine.stateMachineName} failed, timed out or was stopped. Look at its executions in the Step Functions console: error and cause say what went wrong and on which side. When the cause is gone, start an execution with the same input: what is there already is not copied twice.`,
  };
}

function runExecutions(machine: StateMachine): Cause {
  return {
    metric: unsuccessful(machine),
    description: `The run of an ecr-replicator rule failed, timed out or was stopped: an execution of the state machine ${machine.stateMachineName}. Look at it in the Step Functions console: its cause says which images failed and where the report of each is. When the cause is gone, redrive it, or wait for the next run of the rule: only what is missing is copied.`,
  };
}

function imagesFailed(machine: StateMachine): Cause {
  return {
    metric: metricOf("ImagesFailed", { period: soon }),
    description: `ecr-replicator failed to replicate at least one image; a run goes on with the others. The metric ImagesFailed by Rule and Failure, in the namespace EcrReplicator, says of which rule and why; the Map Runs of the state machine ${machine.stateMachineName} have each image. Under AccessDenied look at the roles' policies, under UnsupportedImage and DigestMismatch at the image. When the cause is gone, the next run copies what is missing.`,
  };
}

function notStarted(queue: IQueue): Cause {
  return {
    metric: queue.metricApproximateNumberOfMessagesVisible({ period: soon, statistic: Stats.MAXIMUM }),
    description: `ecr-replicator could not start an execution for an upload, a push or a schedule, though it tried several times. Read the messages of the queue ${queue.queueName} in the SQS console: each has the event and what failed. When the cause is gone, upload or push again, or run the rule, and delete the messages; they are kept for 14 days.`,
  };
}

function unsuccessful(machine: StateMachine): IMetric {
  const period = { period: soon, statistic: Stats.SUM };
  return new MathExpression({
    // A sum of metrics counts those that have data.
    expression: "SUM([failed, timedOut, aborted])",
    usingMetrics: {
      failed: machine.metricFailed(period),
      timedOut: machine.metricTimedOut(period),
      aborted: machine.metricAborted(period),
    },
    label: "failed, timed out or stopped",
    period: soon,
  });
}
