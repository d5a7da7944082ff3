/** One thing that other people's programs are asked to confirm. */
export interface Check {
  /** A sentence. */
  readonly name: string;
  /** The programs without which it is skipped. */
  readonly needs: readonly string[];
  /** Throws an Error when it fails, and `Missing` when it cannot be tried; what it returns is printed. */
  readonly run: (stage: Stage) => Promise<string | undefined>;
}

/** What the checks play on: one local AWS and one folder, which are gone afterwards. */
export interface Stage {
  /** The endpoint of every service, such as `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  readonly stateMachineArn: string;
  /** A folder for files; a check makes its own names in it. */
  readonly directory: string;
}

/** Something that a check needs is not on this machine; the message says what. */
export class Missing extends Error {}
