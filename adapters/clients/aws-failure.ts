import { Failure, type FailureName, type Side } from "../../core/errors.ts";

/** Where and on what an AWS call was made: its side, if it was on one, its operation, and the ARN or name it was about. */
export interface AwsCall {
  readonly side?: Side;
  readonly operation: string;
  readonly subject: string;
  /** What messages name in the place of the side. */
  readonly place?: string;
}

/** Names that mean the same whatever the operation; an operation's own names are mapped where it is called. */
const names: Readonly<Record<string, FailureName>> = {
  AccessDenied: "AccessDenied",
  AccessDeniedException: "AccessDenied",
  CredentialsProviderError: "AccessDenied",
  ExpiredToken: "AccessDenied",
  ExpiredTokenException: "AccessDenied",
  IncompleteSignature: "AccessDenied",
  InvalidAccessKeyId: "AccessDenied",
  InvalidClientTokenId: "AccessDenied",
  InvalidSignatureException: "AccessDenied",
  InvalidToken: "AccessDenied",
  KmsException: "AccessDenied",
  MissingAuthenticationToken: "AccessDenied",
  MissingAuthenticationTokenException: "AccessDenied",
  RegionDisabledException: "AccessDenied",
  SignatureDoesNotMatch: "AccessDenied",
  UnrecognizedClientException: "AccessDenied",
  InvalidBucketName: "RequestInvalid",
  InvalidParameterException: "RequestInvalid",
  // What is used up stays so until somebody does something about it.
  LimitExceededException: "RequestInvalid",
  ValidationException: "RequestInvalid",
  StateMachineDoesNotExist: "RequestInvalid",
  RepositoryNotFoundException: "RepositoryNotFound",
  NoSuchBucket: "SourceNotFound",
  NoSuchKey: "SourceNotFound",
  RequestLimitExceeded: "Throttled",
  SlowDown: "Throttled",
  Throttling: "Throttled",
  ThrottlingException: "Throttled",
  TooManyRequestsException: "Throttled",
};

const advice: Partial<Record<FailureName, string>> = {
  AccessDenied: "check that the role in use allows this action on this resource",
  RepositoryNotFound: "correct its name, account or Region",
  SourceNotFound: "check the bucket, the key and the account",
  Throttled: "the account's quota for this call is used up; start again later, or ask for a higher one",
};

/** For errors that say that nobody knows the caller: what it may do is not the question then. */
const credentialAdvice =
  "sign in, correct AWS_PROFILE or the AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN in use, or enable the Region in the account";

const credentialErrors = [
  "CredentialsProviderError",
  "ExpiredToken",
  "ExpiredTokenException",
  "InvalidAccessKeyId",
  "InvalidClientTokenId",
  "InvalidToken",
  "MissingAuthenticationToken",
  "MissingAuthenticationTokenException",
  "UnrecognizedClientException",
];

/** What a secret access key that does not belong to its id leads to. */
const signatureErrors = ["InvalidSignatureException", "SignatureDoesNotMatch"];

const absentAdvice =
  "create it, ask for createRepository (--create-repository), or correct its name, account or Region";

const quotaAdvice =
  "a quota of the repository, the image or the layer is reached; delete what is not needed, or ask for more";

/** Whether an AWS call failed because what it was signed with is not accepted, whatever it may be allowed to do. */
export function isCredentialError(error: unknown): error is Error {
  return (
    error instanceof Error && (credentialErrors.includes(error.name) || signatureErrors.includes(error.name))
  );
}

/** Says what an AWS call failed with, under a stable name. What the network did, and what has no name here, is `Unavailable`. */
export function awsFailure(error: unknown, { side, operation, subject, place = side }: AwsCall): Error {
  if (error instanceof Failure || !(error instanceof Error)) return error as Error;
  const name = nameOf(error);
  const todo = adviceFor(error.name, name, side);
  const hint = todo ? `; ${todo}` : "";
  // The first line only: what follows in a complaint about a signature quotes the request, session token and all.
  const [said = ""] = (error.message || (error as { code?: string }).code || "no message").split("\n");
  return new Failure(
    name,
    { side, operation, cause: error },
    `${operation} on ${subject}${place ? ` in the ${place}` : ""} failed with ${error.name}: ${said.replace(/\.$/, "")}${hint}`,
  );
}

function nameOf({ name }: Error): FailureName {
  // S3 passes on what KMS says of a bucket's key, such as `KMS.DisabledException`.
  if (name.startsWith("KMS.")) return "AccessDenied";
  return (Object.hasOwn(names, name) && names[name]) || "Unavailable";
}

function adviceFor(errorName: string, name: FailureName, side?: Side): string | undefined {
  if (name === "RepositoryNotFound" && side === "destination") return absentAdvice;
  if (credentialErrors.includes(errorName)) return credentialAdvice;
  return errorName === "LimitExceededException" ? quotaAdvice : advice[name];
}
