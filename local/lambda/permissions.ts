import { arnMatches } from "../iam/wildcard.ts";

/** One statement of a function's policy: which service may invoke it, and on whose behalf. */
export interface FunctionPermission {
  /** The statement's id. */
  readonly id: string;
  readonly functionArn: string;
  /** A service such as `events.amazonaws.com`, or another principal, which invokes nothing in local AWS. */
  readonly principal: string;
  readonly sourceArn?: string | undefined;
  readonly sourceAccount?: string | undefined;
}

/** What a service invokes a function for. */
export interface InvocationSource {
  readonly service: string;
  readonly arn: string;
  readonly account: string;
}

// AWS Lambda Developer Guide, "Lambda quotas".
const MOST_BYTES = 20_480;

/** The policies of all functions. */
export class FunctionPermissions {
  readonly #permissions: FunctionPermission[] = [];

  /** Throws an Error in Lambda's words when the function's policy would be too large. */
  add(permission: FunctionPermission): void {
    this.#permissions.push(permission);
    const own = this.#permissions.filter(({ functionArn }) => functionArn === permission.functionArn);
    const bytes = Buffer.byteLength(policyOf(own));
    if (bytes > MOST_BYTES)
      throw new Error(
        `${permission.id}: PolicyLengthExceededException: The final policy size (${bytes}) is bigger than the limit (${MOST_BYTES}).`,
      );
  }

  /** Whether a service may invoke a function for this source. */
  allow(functionArn: string, source: InvocationSource): boolean {
    return this.#permissions.some(
      (permission) =>
        permission.functionArn === functionArn &&
        permission.principal === source.service &&
        (permission.sourceArn === undefined || arnMatches(permission.sourceArn, source.arn)) &&
        (permission.sourceAccount === undefined || permission.sourceAccount === source.account),
    );
  }
}

/** What GetPolicy would show. */
function policyOf(permissions: readonly FunctionPermission[]): string {
  const Statement = permissions.map(({ id, functionArn, principal, sourceArn, sourceAccount }) => ({
    Sid: id,
    Effect: "Allow",
    Principal: { Service: principal },
    Action: "lambda:InvokeFunction",
    Resource: functionArn,
    Condition: {
      ...(sourceAccount && { StringEquals: { "AWS:SourceAccount": sourceAccount } }),
      ...(sourceArn && { ArnLike: { "AWS:SourceArn": sourceArn } }),
    },
  }));
  return JSON.stringify({ Version: "2012-10-17", Id: "default", Statement });
}
