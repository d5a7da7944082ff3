/** A failure with the Error and the Cause that Step Functions shows, in the fields that the interpreter reads them from. */
export class Failure extends Error {
  /** Whether a Retry may match it. */
  readonly isRetryable: boolean;
  /** Whether a Catch may match it. */
  readonly isCatchable: boolean;

  constructor(error: string, cause: string, { terminal = false } = {}) {
    // Step Functions keeps so many characters of a cause (API reference, HistoryEvent).
    super(cause.slice(0, 32_768));
    this.name = error;
    this.isRetryable = !terminal;
    this.isCatchable = !terminal;
  }
}

/** Bytes of JSON text that a state's input or output may have (Step Functions quotas). */
export const PAYLOAD_LIMIT = 256 * 1024;

/** States.DataLimitExceeded, which no Retry and no Catch stops, when the value is too large as JSON in UTF-8. */
export function checkPayload(value: unknown, what: string): void {
  const size = Buffer.byteLength(JSON.stringify(value) ?? "");
  if (size <= PAYLOAD_LIMIT) return;
  const cause = `The ${what} is ${size} bytes, more than the maximum of ${PAYLOAD_LIMIT} bytes of a state's input or output.`;
  throw new Failure("States.DataLimitExceeded", cause, { terminal: true });
}
