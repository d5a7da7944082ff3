/** The stable names a failure can have; the state machine and users match on them. */
export const failureNames = [
  "RequestInvalid",
  "SourceNotFound",
  "RepositoryNotFound",
  "AccessDenied",
  "UnsupportedImage",
  "DigestMismatch",
  "TagImmutable",
  "Throttled",
  "Unavailable",
  "UploadLost",
] as const;

/** The stable names of the failures that only the run of a rule can have. */
export const runFailureNames = ["ImagesFailed", "NothingSelected", "PruneRefused"] as const;

export type FailureName = (typeof failureNames)[number] | (typeof runFailureNames)[number];

/** Whether a name is one of the stable names. */
export function isFailureName(name: string | undefined): name is FailureName {
  return ([...failureNames, ...runFailureNames] as readonly (string | undefined)[]).includes(name);
}

/** Which end of the copy a failure belongs to. */
export type Side = "source" | "destination";

/** A failure with a stable name, the side it happened on, and what was being done there. */
export class Failure extends Error {
  override readonly name: FailureName;
  readonly side: Side | undefined;
  /** What was being done, such as `UploadLayerPart`. */
  readonly operation: string;
  /** Set when what is meant is there all the same, and is only not given: one that is archived, say. */
  readonly isThere: boolean;

  /** `message` is one sentence that a person can act on; it never holds a credential, a token or a signed URL. */
  constructor(
    name: FailureName,
    where: { side?: Side; operation: string; cause?: unknown; isThere?: boolean },
    message: string,
  ) {
    super(message, { cause: where.cause });
    this.name = name;
    this.side = where.side;
    this.operation = where.operation;
    this.isThere = where.isThere ?? false;
  }
}

/**
 * The destination refused a manifest because something it lists is not there any more.
 * It leads to one more plan, and so has no stable name of its own.
 */
export class Incomplete extends Error {
  override readonly name = "Incomplete";
}
