import { Failure, Incomplete } from "../../core/errors.ts";
import { decodeFailure, encodeFailure } from "../../lambdas/step-failure.ts";

/** What Step Functions hands to a catcher when a function has thrown this. */
function caught(error: Error) {
  const { name, message, stack = "" } = error;
  return {
    Error: name,
    Cause: JSON.stringify({ errorType: name, errorMessage: message, trace: stack.split("\n") }),
  };
}

describe("a failure that a function throws", () => {
  test.each(["source", "destination", undefined] as const)(
    "arrives whole at the catcher, side %s",
    (side) => {
      const failure = new Failure("AccessDenied", { side, operation: "PutImage" }, 'say "ä"\nand \\ more');
      expect(decodeFailure(caught(encodeFailure(failure)))).toEqual({
        name: "AccessDenied",
        side,
        operation: "PutImage",
        message: 'say "ä"\nand \\ more',
      });
    },
  );

  test.each([
    [new Incomplete("layers are missing"), "Incomplete", "layers are missing"],
    [new TypeError("x is undefined"), "TypeError", "x is undefined"],
    ["a text", "Error", "a text"],
    [undefined, "Error", "undefined"],
  ])("keeps the name and message of %p", (error, name, message) => {
    expect(decodeFailure(caught(encodeFailure(error)))).toMatchObject({ name, message });
  });

  test.each([new Error("x"), "a text", undefined, Object.assign(new Error("x"), { stack: undefined })])(
    "has a text for its stack, as the runtime expects: %p",
    (error) => {
      expect(typeof encodeFailure(error).stack).toBe("string");
    },
  );

  test("carries no cause and no field besides", () => {
    const cause = Object.assign(new Error("sdk"), { $metadata: { token: "secret" } });
    const encoded = encodeFailure(new Failure("Unavailable", { operation: "x", cause }, "broke"));
    expect(encoded.cause).toBeUndefined();
    expect(Object.keys(encoded).toSorted()).toEqual(["name"]);
    expect(encoded.message).not.toContain("secret");
  });
});

describe("decodeFailure", () => {
  test.each([
    [{ Error: "States.Timeout" }, ""],
    [{ Error: "States.Timeout", Cause: "" }, ""],
    [
      { Error: "Lambda.Unknown", Cause: "The cause could not be determined" },
      "The cause could not be determined",
    ],
    [{ Error: "Runtime.ExitError", Cause: '{"errorMessage":"exited with 137"}' }, "exited with 137"],
    [{ Error: "X", Cause: '{"errorMessage":7}' }, '{"errorMessage":7}'],
    [{ Error: "X", Cause: '{"errorMessage":"{\\"message\\":7}"}' }, '{"message":7}'],
    [{ Error: "X", Cause: "null" }, "null"],
    [{ Error: "X", Cause: "[1]" }, "[1]"],
  ])("keeps what is not in our form: %j", (input, message) => {
    expect(decodeFailure(input)).toEqual({
      name: input.Error,
      side: undefined,
      operation: undefined,
      message,
    });
  });

  test("takes no side that there is not", () => {
    const errorMessage = JSON.stringify({ side: "middle", operation: 5, message: "m" });
    expect(decodeFailure({ Error: "X", Cause: JSON.stringify({ errorMessage }) })).toEqual({
      name: "X",
      side: undefined,
      operation: undefined,
      message: "m",
    });
  });
});
