import * as z from "zod";
import { Refusal } from "../refusal.ts";

const name = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[\w/+=.@!-]+$/, {
    error:
      "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
  });

/** A name, or an ARN whole or without its last six characters. */
const secretId = z.union([name, z.string().regex(/^arn:aws[a-z-]*:secretsmanager:.+$/)]);
const token = z.string().min(32).max(64);

/** Bytes, as Secrets Manager counts a secret's length. */
const text = z
  .string()
  .min(1)
  .refine((value) => Buffer.byteLength(value) <= 65_536, {
    error: "Member must have length less than or equal to 65536",
  });
const value = { SecretString: text.optional(), SecretBinary: text.optional() };
const stage = z.string().min(1).max(256);

/** What each operation takes; what else AWS's takes is refused by name. */
export const inputs = {
  CreateSecret: z.strictObject({
    Name: name,
    ClientRequestToken: token,
    Description: z.string().max(2048).optional(),
    KmsKeyId: z.string().max(2048).optional(),
    Tags: z
      .array(
        z.strictObject({ Key: z.string().min(1).max(128).optional(), Value: z.string().max(256).optional() }),
      )
      .max(50)
      .optional(),
    ...value,
  }),
  PutSecretValue: z.strictObject({
    SecretId: secretId,
    ClientRequestToken: token,
    VersionStages: z.array(stage).min(1).max(20).optional(),
    ...value,
  }),
  GetSecretValue: z.strictObject({
    SecretId: secretId,
    VersionId: token.optional(),
    VersionStage: stage.optional(),
  }),
  DescribeSecret: z.strictObject({ SecretId: secretId }),
  DeleteSecret: z.strictObject({
    SecretId: secretId,
    RecoveryWindowInDays: z.number().int().optional(),
    ForceDeleteWithoutRecovery: z.boolean().optional(),
  }),
  ListSecrets: z.strictObject({
    IncludePlannedDeletion: z.boolean().optional(),
    MaxResults: z.number().int().min(1).max(100).default(100),
    NextToken: z.string().max(4096).optional(),
  }),
};

/** What an operation was given. */
export type Input<Name extends keyof typeof inputs> = z.infer<(typeof inputs)[Name]>;

/** Reads a request by an operation's definition. Throws ValidationException, which names the field and never a value. */
export function readInput<Name extends keyof typeof inputs>(operation: Name, request: object): Input<Name> {
  // Null stands for absent in AWS JSON.
  const given = Object.fromEntries(Object.entries(request).filter(([, member]) => member !== null));
  const { data, error } = inputs[operation].safeParse(given);
  if (!error) return data as Input<Name>;
  const [issue] = error.issues;
  if (issue?.code === "unrecognized_keys") {
    throw new Refusal(
      "ValidationException",
      `Local AWS has no parameter ${issue.keys.join(", ")} of ${operation}`,
    );
  }
  throw new Refusal(
    "ValidationException",
    `1 validation error detected: Value at '${issue?.path.join(".")}' failed to satisfy constraint: ${issue?.message}`,
  );
}
