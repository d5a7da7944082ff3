import { awsFailure } from "../../adapters/clients/aws-failure.ts";
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
    ["KmsException", "AccessDenied"],
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

  test("leaves a failure as it is, and what is no error", () => {
    const failure = new Failure("Throttled", call, "slower");
    expect(awsFailure(failure, call)).toBe(failure);
    expect(awsFailure("text", call)).toBe("text");
  });
});
