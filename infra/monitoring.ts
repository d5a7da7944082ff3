import type { Alarm } from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import { Alarms, type AlarmsProps } from "./alarms.ts";
import { dashboard, type Shown } from "./dashboard.ts";
import { Notifications } from "./notifications.ts";

/** Who is told of failures, and what there is to look at. */
export interface MonitoringProps extends AlarmsProps, Omit<Shown, "alarms" | "stateMachines"> {
  /** Without it, there are alarms when there is a topic for them, or a rule that asks for one. */
  readonly hasAlarms?: boolean;
  readonly hasDashboard?: boolean;
}

/** Makes what was asked for of notifications, alarms and a dashboard, and returns the alarms. */
export function monitor(scope: Construct, props: MonitoringProps): readonly Alarm[] {
  const { topic, rules, stateMachine, imagesStateMachine, functions, queues } = props;
  const isWanted = topic !== undefined || rules.some(({ alarmAfterHours }) => alarmAfterHours !== undefined);
  const alarms = (props.hasAlarms ?? isWanted) ? new Alarms(scope, "Alarms", props).alarms : [];
  if (topic) new Notifications(scope, "Notifications", topic);
  if (props.hasDashboard) {
    const stateMachines = [stateMachine, imagesStateMachine];
    dashboard(scope, "Dashboard", { stateMachines, functions, queues, alarms });
  }
  return alarms;
}
