import * as z from "zod";
import { type Problem, problemsOf } from "../core/model/problem.ts";
import { requestShape } from "../core/model/request.ts";
import { ruleDefinition } from "../core/model/rule.ts";
import { ruleContradictions } from "../core/model/rule-contradictions.ts";
import { bucketNameForm } from "../core/model/s3-object.ts";
import { externalIdProblems } from "./app-role.ts";
import { regionForm } from "./region.ts";
import { accountForm, externalIdForm, operatorForm } from "./replicator-principal.ts";

const text = ({ pattern, accepted }: { pattern: RegExp; accepted: string }) =>
  z.string().regex(pattern, { error: ({ input }) => `'${input}' is not ${accepted}` });

const bucketName = text({ ...bucketNameForm, accepted: `a bucket name: ${bucketNameForm.accepted}` });

const definition = z.strictObject({
  region: text(regionForm).meta({
    description: "Where the stacks are. Images are copied from and to any Region of the same partition.",
    examples: ["eu-central-1"],
  }),
  pipelineAccount: text(accountForm).meta({ description: "The account of the state machines." }),
  sourceAccount: text(accountForm).meta({
    description: "The account in which the app makes the role PullImages, which reads images.",
  }),
  destinationAccount: text(accountForm).meta({
    description: "The account in which the app makes the role CustomEcrRole, which writes images.",
  }),
  externalId: text(externalIdForm).optional().meta({
    description:
      "What the two roles require: requests and rules that name them carry it as sourceExternalId and destinationExternalId.",
  }),
  operatorArn: text(operatorForm)
    .optional()
    .meta({
      description:
        "Who may use the two roles from the command line: a role or user of the pipeline's account, or a pattern.",
      examples: ["arn:aws:iam::333333333333:role/PlatformEngineer"],
    }),
  sourceBuckets: z.array(bucketName).optional().meta({
    description: "Buckets with image archives that PullImages may read. The app does not make them.",
  }),
  createRepositories: z.boolean().optional().meta({
    description:
      "Whether CustomEcrRole may create repositories, for requests with createRepository, and PullImages read the settings that new ones may be like. Either may in any case when a rule that names it has createRepository.",
    default: false,
  }),
  secrets: z
    .array(requestShape.sourceSecretArn.unwrap())
    .optional()
    .meta({
      description:
        "The Secrets Manager secrets that requests may name: with credentials for registries, or with access keys for another partition. Those that rules name need not be named again.",
      examples: [["arn:aws:secretsmanager:eu-central-1:333333333333:secret:docker-hub-AbCdEf"]],
    }),
  inboxBuckets: z.array(bucketName).optional().meta({
    description: "Buckets that the app makes in the pipeline's account, for the triggers of rules.",
  }),
  notifications: z
    .array(text({ pattern: /^[^@\s]+@[^@\s]+$/, accepted: "an e-mail address, such as me@example.com" }))
    .optional()
    .meta({
      description:
        "E-mail addresses that alarms and a sentence about each failure are sent to, once each has confirmed it. Without it, alarms are seen in the console only.",
      examples: [["me@example.com"]],
    }),
  dashboard: z.boolean().optional().meta({
    description: "Whether there is a CloudWatch dashboard.",
    default: false,
  }),
  tracing: z.boolean().optional().meta({
    description: "Whether executions and the functions they call are traced with AWS X-Ray.",
    default: false,
  }),
  rules: z.array(ruleDefinition).optional().meta({ description: "What is replicated by itself, and when." }),
});

/** The deployable app's configuration, as it stands in `replication.yaml`. */
export type Replication = z.infer<typeof definition>;

/** The JSON Schema of `replication.yaml`, generated from what `replicationProblems` checks. */
export function replicationSchema(): object {
  return { ...z.toJSONSchema(definition), title: "replication.yaml of ecr-replicator" };
}

/** Everything that is wrong with a configuration. */
export function replicationProblems(value: unknown): Problem[] {
  const { rules } = Object(value) as Partial<Replication>;
  const ofRules = ruleContradictions(rules).map(({ path, message }) => ({
    path: ["rules", ...path],
    message,
  }));
  return [
    ...problemsOf(definition, value),
    ...strangeOperator(Object(value)),
    ...externalIdProblems(Object(value)),
    ...ofRules,
  ];
}

/** A trust policy would name an operator of another account in vain. */
function strangeOperator({ operatorArn, pipelineAccount }: Record<string, unknown>): Problem[] {
  const account = typeof operatorArn === "string" ? operatorArn.split(":")[4] : undefined;
  if (account === undefined || typeof pipelineAccount !== "string" || account === pipelineAccount) return [];
  const message = `'${operatorArn}' is not in the pipelineAccount, ${pipelineAccount}`;
  return [{ path: ["operatorArn"], message }];
}
