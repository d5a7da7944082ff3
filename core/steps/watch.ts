import type { PendingBlob } from "../model/copy-task.ts";

/** What a worker looks at, and tells, while it copies. */
export interface Watch {
  /** The milliseconds left until this worker is stopped. */
  readonly timeLeft: () => number;
  /** Told, after every part, how many bytes of a blob the destination has. */
  readonly took?: (blob: PendingBlob, at: number) => void;
}

/** With less than this left, in milliseconds, no other part is begun: one part may take long on a slow line. */
export const pauseMargin = 60_000;
