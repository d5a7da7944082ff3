import type { Statement } from "./policy.ts";
import type { TrustStatement } from "./trust.ts";

/** A deployed IAM role with everything that decides what its sessions may do. */
export interface Role {
  /** With the role's path, such as `arn:aws:iam::111111111111:role/team/Reader`. */
  readonly arn: string;
  readonly name: string;
  readonly account: string;
  readonly maxSessionSeconds: number;
  readonly trust: readonly TrustStatement[];
  readonly statements: Statement[];
}

/** The roles of all accounts. */
export class Roles {
  readonly #roles = new Map<string, Role>();

  /** Adds a role; throws when its account has one of that name, since names are unique whatever the path. */
  add(role: Role): void {
    const key = keyOf(role.account, role.name);
    if (this.#roles.has(key)) throw new Error(`Role ${role.name} already exists in account ${role.account}`);
    this.#roles.set(key, role);
  }

  get(account: string, name: string): Role | undefined {
    return this.#roles.get(keyOf(account, name));
  }

  byArn(arn: string): Role | undefined {
    return this.all().find((role) => role.arn === arn);
  }

  /** The role behind `arn:aws:sts::<account>:assumed-role/<name>/<session>`. */
  ofSession(arn: string): Role | undefined {
    const [, account, name] = /^arn:aws:sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn) ?? [];
    return account && name ? this.get(account, name) : undefined;
  }

  all(): Role[] {
    return [...this.#roles.values()];
  }
}

function keyOf(account: string, name: string): string {
  return `${account}/${name}`;
}
