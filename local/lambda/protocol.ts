/** What the parent sends: one event. JSON travels as text, so that its bytes can be counted and no type is lost on the way. */
export interface Invocation {
  readonly requestId: string;
  readonly event: string;
  /** Milliseconds since the epoch at which the function times out. */
  readonly deadline: number;
  readonly functionArn: string;
  readonly traceId: string;
}

/** A function's error as Lambda reports it. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/** What the child answers: that it is ready or could not start, or an invocation's outcome. `peakKiB` is its peak resident memory. */
export type Answer =
  | { readonly kind: "ready" }
  | { readonly kind: "result"; readonly result: string; readonly peakKiB: number }
  | { readonly kind: "error"; readonly error: FunctionError; readonly peakKiB: number };
