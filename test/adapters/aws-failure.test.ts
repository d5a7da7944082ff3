import { awsFailure, isCredentialError } from "../../adapters/clients/aws-failure.ts";
import { Failure } from "../../core/errors.ts";

const call = { side: "destination", operation: "PutImage", subject: "arn:aws:ecr:x" } as const;

function named(name: string, message = "said so"): Error {
  return Object.assign(new Error(message), { name });
}

describe("awsFailure", () => {
  test.each([
    ["AccessDeniedException", "AccessDenied"],
    ["AccessDenied", "AccessDenied"],
    ["CredentialsProviderError", "AccessDenied"],
    ["UnrecognizedClientException", "AccessDenied"],
    ["InvalidSignatureException", "AccessDenied"],
    ["InvalidToken", "AccessDenied"],
    ["MissingAuthenticationToken", "AccessDenied"],
    ["MissingAuthenticationTokenException", "AccessDenied"],
    ["KmsException", "AccessDenied"],
    ["KMS.DisabledException", "AccessDenied"],
    ["KMS.NotFoundException", "AccessDenied"],
    ["LimitExceededException", "RequestInvalid"],
    ["RepositoryNotFoundException", "RepositoryNotFound"],
    ["ThrottlingException", "Throttled"],
    ["TooManyRequestsException", "Throttled"],
    ["InvalidParameterException", "RequestInvalid"],
    ["ServerException", "Unavailable"],
    ["TimeoutError", "Unavailable"],
    ["Error", "Unavailable"],
  ])("calls %s %s", (name, expected) => {
    const error = named(name);
    expect(awsFailure(error, call)).toMatchObject({
      name: expected,
      side: "destination",
      operation: "PutImage",
      cause: error,
    });
  });

  test("says the operation, what it was on, the side, the error's name and what to do", () => {
    expect(awsFailure(named("AccessDenied", "no"), call).message).toBe(
      "PutImage on arn:aws:ecr:x in the destination failed with AccessDenied: no; check that the role in use allows this action on this resource",
    );
  });

  test("says the code of an error without a message", () => {
    const error = Object.assign(named("AggregateError", ""), { code: "ECONNREFUSED" });
    expect(awsFailure(error, call).message).toContain("AggregateError: ECONNREFUSED");
    expect(awsFailure(named("Error", ""), call).message).toContain("Error: no message");
  });

  test("leaves out all but the first line, in which a signature's complaint quotes no request", () => {
    const quoting =
      "The signature does not match.\n\nThe Canonical String was\n'x-amz-security-token:SECRET'";
    const { message } = awsFailure(named("InvalidSignatureException", quoting), call);
    expect(message).toContain("The signature does not match");
    expect(message).not.toContain("SECRET");
  });

  test("says of a token that is not valid how to get one, and that its secret may have been rotated", () => {
    const error = named("InvalidToken");
    expect(awsFailure(error, call).message).toContain("; sign in, ");
    expect(isCredentialError(error)).toBe(true);
  });

  test.each([
    [
      "destination",
      "create it, ask for createRepository (--create-repository), or correct its name, account or Region",
    ],
    ["source", "correct its name, account or Region"],
  ] as const)("says of an absent repository in the %s what to do there", (side, todo) => {
    const { message } = awsFailure(named("RepositoryNotFoundException"), { ...call, side });
    expect(message).toBe(
      `PutImage on arn:aws:ecr:x in the ${side} failed with RepositoryNotFoundException: said so; ${todo}`,
    );
  });

  test("says of a quota that it is one", () => {
    expect(awsFailure(named("LimitExceededException", "too many"), call).message).toContain("a quota of");
  });

  test("leaves a failure as it is, and what is no error", () => {
    const failure = new Failure("Throttled", call, "slower");
    expect(awsFailure(failure, call)).toBe(failure);
    expect(awsFailure("text", call)).toBe("text");
  });
});
