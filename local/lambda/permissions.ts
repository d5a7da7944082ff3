import { arnMatches } from "../iam/wildcard.ts";

/** One statement of a function's policy: which service may invoke it, and on whose behalf. */
export interface FunctionPermission {
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

/** The policies of all functions. */
export class FunctionPermissions {
  readonly #permissions: FunctionPermission[] = [];

  add(permission: FunctionPermission): void {
    this.#permissions.push(permission);
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
