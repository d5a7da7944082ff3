import type { Logger } from "@aws-lambda-powertools/logger";
import { putEvent } from "../adapters/clients/event-bus.ts";

/** What events say has ended. */
export type EventKind = "Image Replication" | "Rule Run";

/**
 * Puts an event on the account's default bus. What was replicated stays so when that cannot be done: then the log says
 * so.
 */
export async function announce(detailType: EventKind, detail: object, logger: Logger): Promise<void> {
  try {
    await putEvent({ detailType, detail });
  } catch (error) {
    logger.error("event not put", { detailType, failure: (error as Error).message });
  }
}
