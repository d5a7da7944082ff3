import type { Logger } from "@aws-lambda-powertools/logger";
import type { FailureCause, FailureReport, Report } from "../core/model/report.ts";
import type { Request } from "../core/model/request.ts";
import { announce } from "./announce.ts";
import { putMetrics } from "./metrics.ts";
import type { State } from "./step.ts";

/** Tells by metrics and by an event that an image was replicated, or found in sync. */
export async function tellOfSuccess(
  { request, execution }: State,
  ended: Report,
  logger: Logger,
): Promise<void> {
  const { rule } = request;
  const { status, layers, seconds } = ended;
  if (status === "Planned") return;
  putMetrics(
    { rule },
    {
      ImagesReplicated: [status === "Replicated" ? 1 : 0, "Count"],
      ImagesInSync: [status === "InSync" ? 1 : 0, "Count"],
      ImagesFailed: [0, "Count"],
      LayersCopied: [layers.copied, "Count"],
      BytesCopied: [layers.bytesCopied, "Bytes"],
      ImageSeconds: [seconds, "Seconds"],
    },
  );
  const message = `${ended.destination}: ${status} from ${ended.source}, ${layers.bytesCopied} bytes copied in ${seconds} s`;
  await announce("Image Replication", { execution, rule, ...ended, message }, logger);
}

/** Tells by metrics and by an event that an image failed. */
export async function tellOfFailure(
  state: State,
  { error, cause }: FailureReport,
  logger: Logger,
): Promise<void> {
  // It may be the request that is wrong.
  const { rule, source, destination } = Object(state.request) as Partial<Request>;
  const { side, operation, message } = JSON.parse(cause) as FailureCause;
  putMetrics({ rule, failure: error }, { ImagesReplicated: [0, "Count"], ImagesFailed: [1, "Count"] });
  const detail = { execution: state.execution, rule, status: "Failed", source, destination, error };
  const text = `${destination}: failed with ${error}: ${message}`;
  await announce("Image Replication", { ...detail, side, operation, message: text }, logger);
}
