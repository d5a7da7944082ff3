import { Stack } from "aws-cdk-lib";
import { PolicyDocument, PolicyStatement, Role } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { checkRepositoryArns } from "./arn-pattern.ts";
import { destinationRoleActions, sourceRoleActions } from "./permissions.ts";
import { type ReplicatorTrust, replicatorPrincipal } from "./replicator-principal.ts";

/** A role for an `ImageReplicator` in the account of the repositories. */
export interface RepositoryRoleProps extends ReplicatorTrust {
  /**
   * The name of the role.
   * @default - "PullImages" for a source, "CustomEcrRole" for a destination
   */
  readonly roleName?: string;
  /**
   * The repositories the role may use. `*` may stand for the Region or for part of the name.
   * @default - every repository of the stack's account, in every Region
   */
  readonly repositoryArns?: string[];
}

/** The role with which images are read from the account it is in. */
export class SourceRole extends Construct {
  readonly role: Role;

  /** Throws an Error that names the prop when a value is not accepted. */
  constructor(scope: Construct, id: string, props: RepositoryRoleProps) {
    super(scope, id);
    this.role = repositoryRole(this, props, { roleName: "PullImages", actions: sourceRoleActions });
  }
}

/** The role with which images are written to the account it is in. */
export class DestinationRole extends Construct {
  readonly role: Role;

  /** Throws an Error that names the prop when a value is not accepted. */
  constructor(scope: Construct, id: string, props: RepositoryRoleProps) {
    super(scope, id);
    this.role = repositoryRole(this, props, { roleName: "CustomEcrRole", actions: destinationRoleActions });
  }
}

function repositoryRole(
  scope: Construct,
  props: RepositoryRoleProps,
  kind: { roleName: string; actions: readonly string[] },
): Role {
  const { partition, account } = Stack.of(scope);
  const repositoryArns = props.repositoryArns ?? [`arn:${partition}:ecr:*:${account}:repository/*`];
  checkRepositoryArns("repositoryArns", repositoryArns);
  return new Role(scope, "Role", {
    roleName: props.roleName ?? kind.roleName,
    assumedBy: replicatorPrincipal(scope, props),
    inlinePolicies: {
      Repositories: new PolicyDocument({
        statements: [new PolicyStatement({ actions: [...kind.actions], resources: repositoryArns })],
      }),
    },
  });
}
