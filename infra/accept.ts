import { Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/**
 * Says why a resource is as it is, by the rule that would have it otherwise: of cdk-nag, such as `AwsSolutions-S1`, or
 * of cfn-guard, such as `sqs_dlq_check`. Nothing of it comes into the template.
 */
export function accept(resource: IConstruct, reasons: Readonly<Record<string, string>>): void {
  for (const [rule, reason] of Object.entries(reasons)) {
    const id = ofGuard.test(rule) ? `cdk-validator-cfnguard::${rule}` : rule;
    Validations.of(resource).acknowledge({ id, reason });
  }
}

const ofGuard = /^[a-z0-9_]+$/;
