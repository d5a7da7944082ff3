import type { Role } from "../iam/roles.ts";

/** A deployed function, as its template describes it. */
export interface FunctionDefinition {
  readonly arn: string;
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly role: Role;
  /** Such as `nodejs24.x`. */
  readonly runtime: string;
  /** `file.export`. */
  readonly handler: string;
  /** The bundle's directory. */
  readonly taskRoot: string;
  readonly memoryMiB: number;
  readonly timeoutMillis: number;
  readonly logGroup: string;
  readonly variables: Readonly<Record<string, string>>;
}
