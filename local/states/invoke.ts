import type { Authorize } from "../http.ts";
import type { Outcome } from "../lambda/environment.ts";
import type { Functions } from "../lambda/functions.ts";
import type { ExecutionsOptions } from "./executions.ts";

/** Runs functions as the state machine's role does: only those it has lambda:InvokeFunction on. */
export function invokeAs(authorize: Authorize, functions: Functions): ExecutionsOptions["invoke"] {
  const allowed = authorizeAs(authorize);
  return async (machine, functionArn, event): Promise<Outcome> => {
    try {
      allowed(machine, "lambda:InvokeFunction", functionArn);
    } catch (error) {
      const errorMessage = `${(error as Error).message} (Service: Lambda, Status Code: 403)`;
      return { error: { errorType: "Lambda.AWSLambdaException", errorMessage } };
    }
    return functions.invoke(functionArn, event);
  };
}

/** Asks what a state machine's role may do. */
export function authorizeAs(authorize: Authorize): ExecutionsOptions["authorize"] {
  return ({ account, region, role }, action, resource) => {
    const arn = `arn:aws:sts::${account}:assumed-role/${role.name}/StepFunctions`;
    authorize({ account, region, arn }, action, resource);
  };
}
