import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { Failure, type Side } from "../../core/errors.ts";
import { awsFailure } from "./aws-failure.ts";
import { connection } from "./connection.ts";
import { processRegion } from "./process-region.ts";

/** How one side is reached: with a role, with the access keys in a secret, or else with the credentials of this process. */
export interface Access {
  readonly side: Side;
  readonly roleArn?: string;
  readonly externalId?: string;
  /** In the place of a role: no role reaches into another partition. */
  readonly credentialsSecretArn?: string;
}

/** Temporary credentials, as the SDK's clients take them. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration?: Date;
}

/** Seconds: the most that a role assumed by a role may ask for (IAM User Guide, role chaining). */
const duration = 3_600;

/**
 * A provider that assumes a role, at a client's first call and again before the session ends.
 * It throws `AccessDenied`, which says which side's role it was and what to check.
 */
export function roleCredentials(
  roleArn: string,
  { side, externalId }: Access,
  region: string,
): () => Promise<Credentials> {
  // A function has its own region; on the command line there may be none but the repository's.
  const sts = new STSClient({
    region: processRegion(region),
    requestHandler: connection(),
  });
  return async () => {
    try {
      const { Credentials: given } = await sts.send(
        new AssumeRoleCommand({
          RoleArn: roleArn,
          RoleSessionName: `ecr-replicator-${side}`,
          ExternalId: externalId,
          DurationSeconds: duration,
        }),
      );
      return {
        accessKeyId: given?.AccessKeyId ?? "",
        secretAccessKey: given?.SecretAccessKey ?? "",
        sessionToken: given?.SessionToken ?? "",
        expiration: given?.Expiration,
      };
    } catch (error) {
      throw refused(error, side, roleArn);
    }
  };
}

function refused(error: unknown, side: Side, roleArn: string): Error {
  const operation = "AssumeRole";
  const failure = awsFailure(error, { side, operation, subject: roleArn });
  // STS's own refusal. Without credentials, or with unknown ones, the role is not what is wrong.
  if ((error as Error).name !== "AccessDenied") return failure;
  return new Failure(
    "AccessDenied",
    { side, operation, cause: error },
    `the ${side} role ${roleArn} cannot be assumed; check that it exists, that its trust policy names this principal (and the external id, if it asks for one), and that this principal may call sts:AssumeRole on it: ${(error as Error).message}`,
  );
}
