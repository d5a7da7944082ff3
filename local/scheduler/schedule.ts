import type { Role } from "../iam/roles.ts";

/** A deployed schedule that starts executions of a state machine. */
export interface Schedule {
  readonly arn: string;
  readonly name: string;
  readonly group: string;
  readonly groupArn: string;
  readonly account: string;
  readonly region: string;
  readonly enabled: boolean;
  readonly expression: string;
  readonly timezone: string;
  /** Minutes within which an execution is started; none is at once. */
  readonly flexibleMinutes?: number | undefined;
  readonly description?: string | undefined;
  readonly machineArn: string;
  readonly role: Role;
  /** JSON text; without one the execution gets Scheduler's own event. */
  readonly input?: string | undefined;
  readonly deadLetterQueue?: string | undefined;
}
