import type { Logger } from "@aws-lambda-powertools/logger";
import { putEvent } from "../adapters/clients/event-bus.ts";

/** What events say has ended. */
export type EventKind = "Image Replication" | "Rule Run";

/** What all events say. */
export interface EventDetail {
  /** The execution's ARN. */
  readonly execution: string;
  readonly status: string;
  /** One sentence for people. */
  readonly message: string;
  readonly [field: string]: unknown;
}

/** In characters, of each text. An event has 256 KiB, and a request that was refused may be of any length. */
const maxText = 1_000;

/**
 * Puts an event on the account's default bus. What was replicated stays so when that cannot be done: then the log says
 * so.
 */
export async function announce(detailType: EventKind, detail: EventDetail, logger: Logger): Promise<void> {
  const { message } = detail;
  try {
    await putEvent({
      detailType,
      detail: JSON.parse(JSON.stringify({ ...detail, message: plain(message) }, cut)),
    });
  } catch (error) {
    logger.error("event not put", { detailType, failure: (error as Error).message });
  }
}

function cut(_key: string, value: unknown): unknown {
  return typeof value === "string" && value.length > maxText ? `${value.slice(0, maxText - 1)}…` : value;
}

/**
 * A text in one line and without what JSON escapes: input transformers splice it into their templates as it is
 * (EventBridge User Guide, "Input transformation").
 */
function plain(text: string): string {
  return text
    .replaceAll('"', "'")
    .replaceAll("\\", "/")
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim();
}
