import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { Failure, type FailureName, type Side } from "../../core/errors.ts";
import { quoted } from "../../core/model/quoted.ts";
import { awsFailure } from "./aws-failure.ts";
import { connection } from "./connection.ts";

/** The fields of a secret's JSON, of which nothing is told to anybody but those whom they belong to. */
export type SecretFields = Readonly<Record<string, unknown>>;

/** How long a value is used before it is read anew, in milliseconds, so that a rotated one comes to be known. */
const lifetime = 5 * 60_000;

const arnPattern = /^arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):\d{12}:secret:[\w/+=.@!-]{1,519}$/;

const clients = new Map<string, SecretsManagerClient>();
const values = new Map<string, { readonly fields: Promise<SecretFields>; readonly until: number }>();

/**
 * The fields of a secret that holds a JSON object, read with the credentials of this process in the Region of its ARN,
 * and kept for five minutes. Throws Failure, which names the secret and never tells of what is in it: `RequestInvalid`
 * for what is no ARN, and `AccessDenied` for a secret that is missing, unreadable or holds something else.
 */
export function readSecret(arn: string, side: Side): Promise<SecretFields> {
  const kept = values.get(arn);
  if (kept && Date.now() < kept.until) return kept.fields;
  const fields = fetchFields(arn, side);
  values.set(arn, { fields, until: Date.now() + lifetime });
  fields.catch(() => {
    if (values.get(arn)?.fields === fields) values.delete(arn);
  });
  return fields;
}

/** Has a secret read anew when it is next asked for, since what was in it is not accepted any more. */
export function forgetSecret(arn: string): void {
  values.delete(arn);
}

/** The failure of a secret that is there and does not hold what it should; `what` follows its ARN. */
export function unusableSecret(arn: string, side: Side, what: string): Failure {
  return secretFailure("AccessDenied", { side }, `the ${side} secret ${arn} ${what}`);
}

async function fetchFields(arn: string, side: Side): Promise<SecretFields> {
  const region = arnPattern.exec(arn)?.[1];
  if (!region) {
    throw secretFailure(
      "RequestInvalid",
      { side },
      `${quoted(arn)} is no secret's ARN; expected arn:aws:secretsmanager:<region>:<account>:secret:<name>`,
    );
  }
  const text = await fetchText(arn, region, side);
  if (text === undefined) throw unusableSecret(arn, side, "holds bytes; expected a text with a JSON object");
  return parseFields(text, (what) => unusableSecret(arn, side, `${what}; expected a JSON object`));
}

async function fetchText(arn: string, region: string, side: Side): Promise<string | undefined> {
  try {
    const { SecretString } = await clientOf(region).send(new GetSecretValueCommand({ SecretId: arn }));
    return SecretString;
  } catch (error) {
    throw refused(error as Error, arn, side);
  }
}

/** What JSON.parse throws quotes the text, so it is not passed on. */
function parseFields(text: string, wrong: (what: string) => Failure): SecretFields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong("holds no JSON");
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as SecretFields;
  throw wrong("holds JSON of another kind");
}

function clientOf(region: string): SecretsManagerClient {
  const client = clients.get(region) ?? new SecretsManagerClient({ region, requestHandler: connection() });
  clients.set(region, client);
  return client;
}

/** What to do about errors that are Secrets Manager's own. */
const advice: Readonly<Record<string, string>> = {
  AccessDeniedException:
    "allow the role in use secretsmanager:GetSecretValue on it and, if it has a KMS key of its own, kms:Decrypt with that",
  DecryptionFailure:
    "check that its KMS key is enabled, and that the role in use may call kms:Decrypt with it",
  InvalidRequestException: "restore it, or name another",
  ResourceNotFoundException: "check its name, account and Region, and that it has a value",
};

function refused(error: Error, arn: string, side: Side): Error {
  const todo = Object.hasOwn(advice, error.name) ? advice[error.name] : undefined;
  if (!todo) return awsFailure(error, { side, operation: "GetSecretValue", subject: arn });
  const said = error.message.split("\n")[0]?.replace(/\.$/, "");
  return secretFailure(
    "AccessDenied",
    { side, cause: error },
    `the ${side} secret ${arn} cannot be read: ${error.name}: ${said}; ${todo}`,
  );
}

function secretFailure(name: FailureName, where: { side: Side; cause?: unknown }, message: string): Failure {
  return new Failure(name, { ...where, operation: "GetSecretValue" }, message);
}
