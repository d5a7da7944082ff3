import type { Role } from "../iam/roles.ts";
import type { Prepared } from "./definition.ts";

/** A deployed state machine. */
export interface Machine {
  readonly arn: string;
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly role: Role;
  /** The definition as deployed, as JSON text. */
  readonly definition: string;
  readonly prepared: Prepared;
  readonly createdAt: Date;
}
