import { Stack } from "aws-cdk-lib";
import { PolicyDocument, PolicyStatement, Role } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { acceptWildcards } from "./accept-wildcards.ts";
import { checkRepositoryArns } from "./arn-pattern.ts";
import { checkBucketNames } from "./bucket-name.ts";
import {
  archiveActions,
  bucketActions,
  creatingActions,
  deletingActions,
  destinationRoleActions,
  listingActions,
  registryActions,
  sourceRoleActions,
} from "./permissions.ts";
import { checkPolicySize } from "./policy-size.ts";
import { registryArn } from "./registry-arn.ts";
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
  /**
   * Whether a destination's role may create these repositories, give them their settings and compare them, and a
   * source's role read their settings, which a new repository may be like: for requests with `createRepository`.
   * Where repositories are encrypted with a customer managed KMS key, who creates them needs `kms:DescribeKey` and
   * `kms:CreateGrant` on it.
   * @default false
   */
  readonly createRepositories?: boolean;
  /**
   * Whether the role may list the images of these repositories, and the names of all repositories of their registries:
   * for rules with a `source`, which compare the two sides.
   * @default false
   */
  readonly listImages?: boolean;
}

/** A role that writes images to repositories. */
export interface DestinationRoleProps extends RepositoryRoleProps {
  /**
   * The repositories from which the role may delete images, in the form of `repositoryArns`: the destinations of rules
   * with `prune`.
   * @default - none
   */
  readonly prunableRepositoryArns?: string[];
}

/** A role that reads images, from repositories and from archives in buckets. */
export interface SourceRoleProps extends RepositoryRoleProps {
  /**
   * The S3 buckets from which the role may read image archives. A bucket of another account must allow it, too.
   * Where objects are encrypted with a customer managed KMS key, the key's owner must also allow this role
   * `kms:Decrypt` on it; for a key of the same app: `key.grantDecrypt(sourceRole.role)`.
   * @default - none
   */
  readonly bucketNames?: string[];
}

/** The role with which images are read from the account it is in. */
export class SourceRole extends Construct {
  readonly role: Role;

  /** Throws an Error that names the prop when a value is not accepted. */
  constructor(scope: Construct, id: string, props: SourceRoleProps) {
    super(scope, id);
    this.role = repositoryRole(this, props, {
      roleName: "PullImages",
      actions: actionsOf("source", props),
      archives: readArchives(Stack.of(this).partition, props.bucketNames),
    });
  }
}

/** The role with which images are written to the account it is in. */
export class DestinationRole extends Construct {
  readonly role: Role;

  /** Throws an Error that names the prop when a value is not accepted. */
  constructor(scope: Construct, id: string, props: DestinationRoleProps) {
    super(scope, id);
    this.role = repositoryRole(this, props, {
      roleName: "CustomEcrRole",
      actions: actionsOf("destination", props),
      others: deleteImages(props.prunableRepositoryArns),
    });
  }
}

function actionsOf(
  side: "source" | "destination",
  { createRepositories = false, listImages = false }: RepositoryRoleProps,
): string[] {
  return [
    ...(side === "source" ? sourceRoleActions : destinationRoleActions),
    ...(listImages ? listingActions[side] : []),
    ...(createRepositories ? creatingActions[side] : []),
  ];
}

/** What the role of one side has that that of the other has not. */
interface RoleKind {
  readonly roleName: string;
  readonly actions: readonly string[];
  /** What it may do with other repositories than all of its own. */
  readonly others?: readonly PolicyStatement[];
  readonly archives?: readonly PolicyStatement[];
}

function repositoryRole(scope: Construct, props: RepositoryRoleProps, kind: RoleKind): Role {
  const { partition, account } = Stack.of(scope);
  const repositoryArns = props.repositoryArns ?? [`arn:${partition}:ecr:*:${account}:repository/*`];
  checkRepositoryArns("repositoryArns", repositoryArns);
  const repositories = [
    new PolicyStatement({ actions: [...kind.actions], resources: repositoryArns }),
    ...(props.listImages ? [listRegistries(repositoryArns)] : []),
    ...(kind.others ?? []),
  ];
  const archives = kind.archives ?? [];
  const roleName = props.roleName ?? kind.roleName;
  const inlinePolicies = {
    Repositories: new PolicyDocument({ statements: repositories }),
    ...(archives.length > 0 && { Archives: new PolicyDocument({ statements: [...archives] }) }),
  };
  checkPolicySize(roleName, Object.values(inlinePolicies));
  const role = new Role(scope, "Role", {
    roleName,
    assumedBy: replicatorPrincipal(scope, props),
    inlinePolicies,
  });
  acceptWildcards(
    role,
    [...repositories, ...archives],
    "Which repositories are used is for requests to say, and which archives: the role is what bounds them.",
  );
  return role;
}

function listRegistries(repositoryArns: readonly string[]): PolicyStatement {
  const resources = [...new Set(repositoryArns.map(registryArn))];
  return new PolicyStatement({ actions: [...registryActions], resources });
}

function deleteImages(repositoryArns: readonly string[] = []): PolicyStatement[] {
  checkRepositoryArns("prunableRepositoryArns", repositoryArns);
  if (repositoryArns.length === 0) return [];
  return [new PolicyStatement({ actions: [...deletingActions], resources: [...repositoryArns] })];
}

function readArchives(partition: string, bucketNames: readonly string[] = []): PolicyStatement[] {
  checkBucketNames("bucketNames", bucketNames);
  if (bucketNames.length === 0) return [];
  const buckets = bucketNames.map((name) => `arn:${partition}:s3:::${name}`);
  const objects = buckets.map((bucket) => `${bucket}/*`);
  return [
    new PolicyStatement({ actions: [...archiveActions], resources: objects }),
    new PolicyStatement({ actions: [...bucketActions], resources: buckets }),
  ];
}
