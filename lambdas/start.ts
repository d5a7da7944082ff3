import type { Context } from "aws-lambda";
import { startExecution } from "../adapters/clients/state-machine.ts";
import { executionNameOf, type RequestTemplate, requestOf } from "../core/model/upload.ts";
import { loggerOf } from "./step.ts";
import { encodeFailure } from "./step-failure.ts";

/** An upload that a rule watches for. Source: Amazon S3 User Guide, "EventBridge event message structure". */
export interface Uploaded {
  /** The rule's name. */
  readonly rule: string;
  readonly request: RequestTemplate;
  readonly detail: {
    readonly bucket: { readonly name: string };
    readonly object: {
      /** As it is, unlike in S3's own notifications. */
      readonly key: string;
      readonly "version-id"?: string;
      readonly sequencer: string;
    };
  };
}

/** Starts the execution for an uploaded object, once for each version of it, however often the event comes. */
export async function handler(
  { rule, request: template, detail }: Uploaded,
  context: Context,
): Promise<void> {
  const { key } = detail.object;
  const object = { bucket: detail.bucket.name, key, version: versionOf(detail.object) };
  const request = requestOf(template, object);
  const name = executionNameOf(rule, object);
  const logger = loggerOf("start", { request, execution: name }, context);
  try {
    const started = await startExecution(process.env["STATE_MACHINE_ARN"] ?? "", { name, input: request });
    logger.info(started ? "execution started" : "execution is there already", { rule, key });
  } catch (error) {
    logger.error("execution not started", { rule, key, failure: (error as Error).message });
    throw encodeFailure(error);
  }
}

/** Where versioning is off or suspended, only the sequencer tells an upload from the one before. */
function versionOf({ "version-id": version, sequencer }: Uploaded["detail"]["object"]): string {
  return version === undefined || version === "null" ? sequencer : version;
}
