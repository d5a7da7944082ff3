import { z } from "zod";
import { EcrError, invalidParameter } from "./errors.ts";
import type { Context } from "./operation.ts";

/** How a request wants a repository encrypted. */
export const encryptionConfiguration = z.object({
  encryptionType: z.enum(["AES256", "KMS", "KMS_DSSE"]),
  kmsKey: z.string().min(1).max(2048).optional(),
});

/**
 * Refuses a key without KMS, and one of another Region or that the caller may not use; whether it exists is not known here.
 * Throws InvalidParameterException and KmsException.
 */
export function checkEncryption(
  { encryptionType, kmsKey }: z.infer<typeof encryptionConfiguration>,
  context: Context,
): void {
  if (kmsKey === undefined) return;
  if (encryptionType === "AES256") {
    throw invalidParameter("encryptionConfiguration.kmsKey", "must not be given with AES256");
  }
  const { account, region } = context.caller;
  const arn = keyArn(kmsKey, `arn:aws:kms:${region}:${account}:`);
  if (arn.split(":")[3] !== region) {
    throw kmsException("NotFoundException", `Key '${kmsKey}' does not exist in ${region}`);
  }
  // Whoever may use ECR may use the key that AWS manages for it.
  if (arn.endsWith(":alias/aws/ecr")) return;
  for (const action of ["kms:DescribeKey", "kms:CreateGrant"]) refuseUnlessAllowed(action, arn, context);
}

function keyArn(kmsKey: string, prefix: string): string {
  if (/^arn:aws:kms:[a-z0-9-]+:\d{12}:(key|alias)\/.+$/.test(kmsKey)) return kmsKey;
  if (/^alias\/[\w/-]+$/.test(kmsKey)) return prefix + kmsKey;
  if (/^[\w-]+$/.test(kmsKey)) return `${prefix}key/${kmsKey}`;
  throw kmsException("InvalidArnException", `Invalid keyId '${kmsKey}'`);
}

// ECR calls KMS for the caller (ECR User Guide, encryption at rest), so that what KMS refuses is KMS's error, not IAM's.
function refuseUnlessAllowed(action: string, arn: string, { authorize, caller }: Context): void {
  try {
    authorize(caller, action, arn);
  } catch (error) {
    throw kmsException("AccessDeniedException", (error as Error).message);
  }
}

function kmsException(kmsError: string, message: string): EcrError {
  return new EcrError("KmsException", message, { kmsError });
}
