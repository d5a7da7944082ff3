import type { Logger } from "@aws-lambda-powertools/logger";
import type { FailureCause, FailureReport, Report } from "../core/model/report.ts";
import { announce } from "./announce.ts";
import { putMetrics } from "./metrics.ts";
import type { State } from "./step.ts";

/** Tells by metrics and by an event that an image was replicated, or found in sync; of a plan, nothing. */
export async function tellOfSuccess(
  { request, execution }: State,
  ended: Report,
  logger: Logger,
): Promise<void> {
  const { rule } = request;
  const { status, source, destination, layers, seconds } = ended;
  if (status === "Planned" || request.mode === "plan") return;
  putMetrics(
    { rule },
    {
      ImagesReplicated: status === "Replicated" ? 1 : 0,
      ImagesInSync: status === "InSync" ? 1 : 0,
      ImagesFailed: 0,
      LayersCopied: layers.copied,
      BytesCopied: layers.bytesCopied,
      ImageSeconds: seconds,
    },
  );
  // Each artifact would make it too long.
  const { artifacts: _artifacts, ...referrers } = ended.referrers;
  const message =
    status === "InSync"
      ? `${destination} is in sync with ${source}`
      : `${destination} was replicated from ${source}: ${layers.bytesCopied} bytes in ${seconds} s`;
  const detail = { execution, inRun: isInRun(execution), rule, ...ended, referrers, message };
  await announce("Image Replication", detail, logger);
}

/** Tells by metrics and by an event that an image failed; of a plan, nothing. */
export async function tellOfFailure(
  { request, execution }: State,
  { error, cause }: FailureReport,
  logger: Logger,
): Promise<void> {
  // It may be the request that is wrong.
  const { rule, source, destination, mode } = Object(request) as Record<string, unknown>;
  if (mode === "plan") return;
  const { side, operation, message: reason } = JSON.parse(cause) as FailureCause;
  putMetrics({ rule, failure: error }, { ImagesReplicated: 0, ImagesInSync: 0, ImagesFailed: 1 });
  const where = textOf(destination) === undefined ? "" : ` to ${destination}`;
  const message = `${textOf(source) ?? "an image"} was not replicated${where}: ${error}: ${reason}`;
  const detail = {
    execution,
    inRun: isInRun(execution),
    rule: textOf(rule),
    status: "Failed",
    source: textOf(source),
    destination: textOf(destination),
    error,
    side,
    operation,
    message,
  };
  await announce("Image Replication", detail, logger);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Whether it is one of a run's images: `<machine>/<label>:<id>` (Step Functions Developer Guide, "Map Run ARN"). */
function isInRun(execution: string): boolean {
  return execution.split(":")[6]?.includes("/") ?? false;
}
