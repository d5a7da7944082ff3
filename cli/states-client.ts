import { SFNClient } from "@aws-sdk/client-sfn";
import { awsFailure } from "../adapters/clients/aws-failure.ts";
import { connection } from "../adapters/clients/connection.ts";

/** A client of Step Functions, in the Region that an ARN of it names. */
export function statesClient(arn: string): SFNClient {
  // arn:<partition>:states:<region>:…
  return statesClientIn(arn.split(":")[3]);
}

/** A client of Step Functions in a Region, or in that of this process. */
export function statesClientIn(region: string | undefined): SFNClient {
  return new SFNClient({ region, requestHandler: connection() });
}

/** An answer of Step Functions, or the Failure that it comes to. */
export async function answerOf<T>(operation: string, subject: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw awsFailure(error, { operation, subject });
  }
}
