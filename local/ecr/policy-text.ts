import { z } from "zod";
import { invalidParameter } from "./errors.ts";

/** A lifecycle policy's text, in characters as ECR's model bounds it. */
export const lifecyclePolicyText = z.string().min(100).max(30_720);

/** A repository policy's text, in characters as ECR's model bounds it. */
export const policyText = z.string().min(0).max(10_240);

const positive = z.number().int().min(1);

// Only what every rule has: what countUnit and the lists of tags may be depends on the rest of the rule.
const lifecyclePolicy = z.strictObject({
  rules: z
    .array(
      z.strictObject({
        rulePriority: positive,
        description: z.string().optional(),
        selection: z.looseObject({
          tagStatus: z.enum(["tagged", "untagged", "any"]),
          countType: z.enum([
            "imageCountMoreThan",
            "sinceImagePushed",
            "sinceImagePulled",
            "sinceImageTransitioned",
          ]),
          countNumber: positive,
        }),
        action: z.strictObject({
          type: z.enum(["expire", "transition"]),
          targetStorageClass: z.string().optional(),
        }),
      }),
    )
    .min(1)
    .refine((rules) => new Set(rules.map(({ rulePriority }) => rulePriority)).size === rules.length),
});

const strings = z.union([z.string(), z.array(z.string()).min(1)]);

// A repository policy is about its repository, so that ECR refuses Resource (awsdocs/amazon-ecr-user-guide#20).
const statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(["Allow", "Deny"]),
  Principal: z.unknown().optional(),
  NotPrincipal: z.unknown().optional(),
  Action: strings.optional(),
  NotAction: strings.optional(),
  Condition: z.record(z.string(), z.record(z.string(), strings)).optional(),
});

const whole = statement.refine(
  (each) =>
    (each.Principal === undefined) !== (each.NotPrincipal === undefined) &&
    (each.Action === undefined) !== (each.NotAction === undefined),
);

const repositoryPolicy = z.strictObject({
  Version: z.enum(["2008-10-17", "2012-10-17"]).optional(),
  Id: z.string().optional(),
  Statement: z.union([whole, z.array(whole).min(1)]),
});

/** Throws InvalidParameterException for a text that is no lifecycle policy (message seen in cloudposse/terraform-aws-ecr#158). */
export function checkLifecyclePolicy(text: string): void {
  if (lifecyclePolicy.safeParse(parsed(text)).success) return;
  throw invalidParameter(
    "LifecyclePolicyText",
    "Lifecycle policy validation failure: instance failed to match exactly one schema (matched 0 out of 2)",
  );
}

/** Throws InvalidParameterException for a text that is no repository policy (message seen in terraform-aws-modules/terraform-aws-ecr#19). */
export function checkRepositoryPolicy(text: string): void {
  if (repositoryPolicy.safeParse(parsed(text)).success) return;
  throw invalidParameter("PolicyText", "Invalid repository policy provided");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
