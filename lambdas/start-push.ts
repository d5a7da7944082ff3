import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import { startExecution } from "../adapters/clients/state-machine.ts";
import { type PushedRule, startOf } from "../core/model/push.ts";
import { described, logUnder, stepLogger } from "./step.ts";

/** A push that a rule watches for. Source: Amazon ECR User Guide, "Amazon ECR events and EventBridge". */
export interface Pushed {
  readonly rule: PushedRule;
  readonly account: string;
  readonly region: string;
  /** ISO 8601. */
  readonly time: string;
  readonly detail: { readonly "repository-name": string; readonly "image-tag": string };
}

const machines = {
  ReplicateImage: () => process.env["STATE_MACHINE_ARN"] ?? "",
  ReplicateImages: () => process.env["IMAGES_STATE_MACHINE_ARN"] ?? "",
};

/** Starts the executions for pushes, and names those messages that are to come again. */
export async function handler({ Records }: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const batchItemFailures: SQSBatchResponse["batchItemFailures"] = [];
  for (const { messageId, body } of Records) {
    logUnder({ step: "start-push", messageId }, context);
    try {
      await start(JSON.parse(body));
    } catch (error) {
      stepLogger.error("execution not started", { failure: described(error) });
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
}

/** Starts one execution for all pushes of a tag within half a minute, however often each event comes. */
async function start({ rule, account, region, time, detail }: Pushed): Promise<void> {
  const { "repository-name": repository, "image-tag": tag } = detail;
  stepLogger.appendKeys({ rule: rule.name, repository, tag });
  const wanted = startOf(rule, { account, region, time, repository, tag });
  if (!wanted) return stepLogger.info("the rule does not select the tag");
  const { machine, name, input } = wanted;
  const started = await startExecution(machines[machine](), { name, input });
  const said = started ? "execution started" : "execution is there already";
  stepLogger.info(said, { machine, execution: name });
}
