/** Who signed a call, as read from its Authorization header: an account's administrator or an assumed role. */
export interface Caller {
  /** Twelve digits. */
  readonly account: string;
  /** The region in the credential scope. */
  readonly region: string;
  /** `arn:aws:iam::<account>:root` for the administrator, `arn:aws:sts::<account>:assumed-role/<role>/<session>` for a role. */
  readonly arn: string;
  /** The access key id that signed the call, when it came over HTTP: tells one function environment's calls from another's. */
  readonly accessKeyId?: string;
}

/** One HTTP request to the local endpoint, already read up to its body. */
export interface Call {
  readonly method: string;
  /** Percent-encoded path as sent, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: AsyncIterable<Uint8Array>;
  /** Absent for unsigned requests, such as a pre-signed download. */
  readonly caller?: Caller;
  /** The one endpoint of local AWS as the client sees it, such as `http://127.0.0.1:4566`. */
  readonly endpoint: string;
}

/** The answer to a call; a body that is iterated is streamed. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** The error's name when this is a failure, for the record of calls; not sent. */
  readonly error?: string;
}

/** One AWS service behind the endpoint; it identifies every call before it does the work, and lets what `identify` throws pass. */
export interface Service {
  handle(call: Call, identify: Identify): Promise<Reply>;
}

/** Throws the service's AccessDenied error when the caller may not do this; administrators may do all in their account. */
export type Authorize = (caller: Caller, action: string, resourceArn: string) => void;

/** One entry of the record of calls that tests count and compare; `detail` holds the identifying request fields. */
export interface CallRecord {
  /** `ecr`, `registry`, `layers` (pre-signed layer downloads), `s3`, `sts`, `states`, `secretsmanager`, `lambda`, `events` (PutEvents, and deliveries to targets of rules) or `scheduler` (schedules that were run). */
  readonly service: string;
  /** The API operation, such as `UploadLayerPart`; for HTTP surfaces a verb and a noun, such as `GET blob`. */
  readonly operation: string;
  readonly account: string;
  readonly region: string;
  readonly detail: Readonly<Record<string, string | number>>;
  /** HTTP status sent. */
  readonly status: number;
  /** The AWS error name, when the call failed. */
  readonly error?: string;
}

/** What a service tells the front of a call before it answers, so that faults can be addressed and calls recorded. */
export type Identify = (
  operation: string,
  detail: Readonly<Record<string, string | number>>,
  caller: Caller,
) => void | Promise<void>;
