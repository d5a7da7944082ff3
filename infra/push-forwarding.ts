import { Stack, Token } from "aws-cdk-lib";
import { Rule as EventRule } from "aws-cdk-lib/aws-events";
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { accept } from "./accept.ts";
import { pushPatterns } from "./push-pattern.ts";
import { regionForm } from "./region.ts";
import { accountForm } from "./replicator-principal.ts";

/** The IAM path of the roles that forward pushes, by which the pipeline's event bus recognises them. */
export const forwardingRolePath = "/ecr-replicator-pushes/";

/** Which pushes are forwarded, and where to. */
export interface PushForwardingProps {
  /** The account of the `ImageReplicator`. */
  readonly pipelineAccount: string;
  /** The Region of the `ImageReplicator`. */
  readonly pipelineRegion: string;
  /** The names of the repositories of the stack's account and Region; in each, one `*` may stand for any text. */
  readonly repositories: string[];
}

/**
 * Forwards the pushes of tags to the event bus of an `ImageReplicator` in another account or Region, for rules with the
 * trigger `ecrPush`: ECR tells of them only in the repository's own.
 */
export class PushForwarding extends Construct {
  readonly role: Role;

  /** Throws an Error that names the prop when a value is not accepted. */
  constructor(scope: Construct, id: string, props: PushForwardingProps) {
    super(scope, id);
    checkProps(props);
    const { pipelineAccount, pipelineRegion, repositories } = props;
    const { account, region, partition } = Stack.of(this);
    if (account === pipelineAccount && region === pipelineRegion) {
      throw new Error(
        `pipelineRegion: the stack is in ${pipelineRegion} itself: there is nothing to forward`,
      );
    }
    const arn = `arn:${partition}:events:${pipelineRegion}:${pipelineAccount}:event-bus/default`;
    const putEvents = new PolicyStatement({ actions: ["events:PutEvents"], resources: [arn] });
    this.role = new Role(this, "Role", {
      path: forwardingRolePath,
      assumedBy: new ServicePrincipal("events.amazonaws.com", {
        conditions: { StringEquals: { "aws:SourceAccount": account } },
      }),
      inlinePolicies: { Forward: new PolicyDocument({ statements: [putEvents] }) },
    });
    for (const [at, eventPattern] of pushPatterns({ account, region, names: repositories }).entries()) {
      const rule = new EventRule(this, `Pushes${at === 0 ? "" : at + 1}`, {
        description: `Pushes that ecr-replicator in ${pipelineAccount}, ${pipelineRegion}, replicates`,
        eventPattern,
        targets: [{ bind: () => ({ arn, role: this.role }) }],
      });
      accept(rule, {
        "Serverless-EventBusDLQ":
          "EventBridge tries for a day, and what is lost is found by the rule's schedule.",
      });
    }
  }
}

const namePattern = /^(?=.{1,256}$)[a-z0-9._/-]*\*?[a-z0-9._/-]*$/;

function checkProps({ pipelineAccount, pipelineRegion, repositories }: PushForwardingProps): void {
  check("pipelineAccount", pipelineAccount, accountForm);
  check("pipelineRegion", pipelineRegion, regionForm);
  if (repositories.length === 0) throw new Error("repositories: is empty; expected names of repositories");
  for (const name of repositories) {
    const accepted = "a repository's name in lower case, such as team/app or team/*, with at most one *";
    check("repositories", name, { pattern: namePattern, accepted });
  }
}

function check(prop: string, value: string, form: { pattern: RegExp; accepted: string }): void {
  if (Token.isUnresolved(value) || form.pattern.test(value)) return;
  throw new Error(`${prop}: "${value}" is not ${form.accepted}`);
}
