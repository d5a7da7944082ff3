import type { InitializeMiddleware, MiddlewareStack } from "@smithy/types";
import { Failure, type Side } from "../../core/errors.ts";
import { isCredentialError } from "./aws-failure.ts";
import { forgetSecret, readSecret, unusableSecret } from "./secret.ts";

/** The access keys in a secret, and where they are used first if that is not known otherwise. */
export interface StaticKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly region?: string;
}

/** A secret whose access keys reach one side. */
export interface KeySecret {
  readonly arn: string;
  readonly side: Side;
}

const fieldNames = ["accessKeyId", "secretAccessKey", "sessionToken", "region"] as const;

const expected =
  'expected {"accessKeyId": "…", "secretAccessKey": "…"} and, for temporary ones, "sessionToken"; for buckets of another partition, "region"';

/**
 * The access keys that a secret holds: what reaches another partition, into which no role does (IAM User Guide, cross
 * account access). Throws what `readSecret` throws, and `AccessDenied` for a secret of another form.
 */
export async function readKeys({ arn, side }: KeySecret): Promise<StaticKeys> {
  const fields = await readSecret(arn, side);
  const entries = fieldNames
    .filter((name) => (fields[name] ?? undefined) !== undefined)
    .map((name) => [name, fields[name]] as const);
  for (const [name, value] of entries) {
    if (typeof value !== "string" || !/^[!-~]+$/.test(value)) {
      throw unusableSecret(arn, side, `has a field ${name} that is no text without spaces; ${expected}`);
    }
  }
  const keys = Object.fromEntries(entries) as Partial<StaticKeys>;
  const { accessKeyId, secretAccessKey } = keys;
  if (!accessKeyId) throw unusableSecret(arn, side, `has no accessKeyId; ${expected}`);
  if (!secretAccessKey) throw unusableSecret(arn, side, `has no secretAccessKey; ${expected}`);
  return { ...keys, accessKeyId, secretAccessKey };
}

/** A provider of a secret's access keys, which the SDK asks before each call, so that how long they are kept is told in one place. */
export function staticCredentials(secret: KeySecret): () => Promise<StaticKeys & { expiration: Date }> {
  return async () => ({ ...(await readKeys(secret)), expiration: new Date(0) });
}

/**
 * Has a client read its secret anew and call once more when its keys are not accepted: they may have been rotated.
 * Keys that are not accepted then either are `AccessDenied`, which names the secret.
 */
export function useRotatedKeys(
  client: { readonly middlewareStack: Pick<MiddlewareStack<object, object>, "add"> },
  { arn, side }: KeySecret,
): void {
  const rotated: InitializeMiddleware<object, object> = (next, context) => async (args) => {
    try {
      return await next(args);
    } catch (error) {
      if (!isCredentialError(error)) throw error;
      forgetSecret(arn);
    }
    try {
      return await next(args);
    } catch (error) {
      if (!isCredentialError(error)) throw error;
      const operation = String(context["commandName"]).replace(/Command$/, "");
      const message = `${operation} failed with ${error.name}: the access keys in the ${side} secret ${arn} are not accepted; put ones that are into it`;
      throw new Failure("AccessDenied", { side, operation, cause: error }, message);
    }
  };
  client.middlewareStack.add(rotated, { step: "initialize", name: "useRotatedKeys" });
}
