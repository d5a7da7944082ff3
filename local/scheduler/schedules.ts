import { randomUUID } from "node:crypto";
import type { Authorize, Caller, CallRecord } from "../http.ts";
import { Refusal } from "../refusal.ts";
import type { Queues } from "../sqs/queues.ts";
import type { Executions } from "../states/executions.ts";
import { inputOf, type Run } from "./input.ts";
import type { Schedule } from "./schedule.ts";

/** What schedules need of the rest of local AWS. */
export interface SchedulesDependencies {
  readonly executions: Executions;
  readonly queues: Queues;
  readonly authorize: Authorize;
  readonly onCall: (record: CallRecord) => void;
}

/** The schedules of all accounts, which run on demand only. */
export class Schedules {
  readonly #dependencies: SchedulesDependencies;
  readonly #schedules: Schedule[] = [];

  constructor(dependencies: SchedulesDependencies) {
    this.#dependencies = dependencies;
  }

  add(schedule: Schedule): void {
    this.#schedules.push(schedule);
  }

  /** Every schedule without its role's policies. */
  list(): (Omit<Schedule, "role"> & { roleArn: string })[] {
    return this.#schedules.map(({ role, ...schedule }) => ({ ...schedule, roleArn: role.arn }));
  }

  /**
   * Starts an execution as the schedule does, by the schedule's name, `group/name` or ARN, and returns its ARN.
   * Throws ResourceNotFoundException, ConflictException, or what the state machine was refused with, which the
   * dead-letter queue has by then.
   */
  run(name: string): string {
    const schedule = this.#find(name);
    const run = { id: randomUUID(), at: new Date() };
    const { account, region } = schedule;
    const detail = { schedule: schedule.name, group: schedule.group };
    const call = { service: "scheduler", operation: "Run", account, region, detail };
    try {
      const { arn } = this.#start(schedule, run);
      this.#dependencies.onCall({ ...call, status: 200 });
      return arn;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#dependencies.onCall({ ...call, status: error.status, error: error.name });
      throw this.#bury(schedule, run, error);
    }
  }

  #find(name: string): Schedule {
    const found = this.#schedules.filter((schedule) =>
      [schedule.name, `${schedule.group}/${schedule.name}`, schedule.arn].includes(name),
    );
    const [schedule] = found;
    if (!schedule) throw new Refusal("ResourceNotFoundException", `Schedule ${name} does not exist.`, 404);
    if (found.length > 1) {
      const arns = found.map(({ arn }) => arn).join(", ");
      throw new Refusal("ConflictException", `Schedule ${name} could be ${arns}`, 409);
    }
    if (!schedule.enabled)
      throw new Refusal("ConflictException", `Schedule ${schedule.arn} is DISABLED and starts nothing`, 409);
    return schedule;
  }

  #start(schedule: Schedule, run: Run): { arn: string } {
    const { authorize, executions } = this.#dependencies;
    authorize(sessionOf(schedule), "states:StartExecution", schedule.machineArn);
    return executions.start(executions.machine(schedule.machineArn), inputOf(schedule, run));
  }

  /** Puts what was not started in the dead-letter queue if the role may; the refusal to answer with. */
  #bury(schedule: Schedule, run: Run, refusal: Refusal): Refusal {
    const { authorize, queues } = this.#dependencies;
    const { deadLetterQueue } = schedule;
    if (!deadLetterQueue) return refusal;
    try {
      authorize(sessionOf(schedule), "sqs:SendMessage", deadLetterQueue);
    } catch (error) {
      const also = `and the dead-letter queue did not get it: ${(error as Error).message}`;
      return new Refusal(refusal.name, `${refusal.message}; ${also}`, refusal.status);
    }
    queues.send(deadLetterQueue, inputOf(schedule, run), {
      SCHEDULE_ARN: schedule.arn,
      TARGET_ARN: schedule.machineArn,
      ERROR_CODE: refusal.name,
      ERROR_MESSAGE: refusal.message,
      EXECUTION_ID: run.id,
      SCHEDULED_TIME: run.at.toISOString(),
      RETRY_ATTEMPTS: "0",
      IS_PAYLOAD_TRUNCATED: "false",
    });
    return refusal;
  }
}

function sessionOf({ account, region, role, name }: Schedule): Caller {
  return { account, region, arn: `arn:aws:sts::${account}:assumed-role/${role.name}/${name}` };
}
