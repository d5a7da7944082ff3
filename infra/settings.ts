import { bucketNameForm } from "./bucket-name.ts";
import { accountForm, externalIdForm, operatorForm } from "./replicator-principal.ts";

/** The accounts and the Region of the deployable app, as they stand in `cdk.json`. */
export interface Settings {
  readonly region: string;
  /** The account of the state machine. */
  readonly pipelineAccount: string;
  /** The account that images are read from. */
  readonly sourceAccount: string;
  /** The account that images are written to. */
  readonly destinationAccount: string;
  /** The external id that both roles require. */
  readonly externalId?: string;
  /** A principal of the pipeline's account that may use both roles from the command line. */
  readonly operatorArn?: string;
  /** The bucket with image archives that the source role may read; the app does not create it. */
  readonly sourceBucket?: string;
}

/** The key of `cdk.json`'s context that holds the settings. */
export const settingsKey = "ecrReplicator";

const fields = {
  region: { pattern: /^[a-z]+(-[a-z]+)+-\d+$/, accepted: "a Region, such as eu-central-1" },
  pipelineAccount: accountForm,
  sourceAccount: accountForm,
  destinationAccount: accountForm,
  externalId: externalIdForm,
  operatorArn: operatorForm,
  sourceBucket: bucketNameForm,
} satisfies Record<keyof Settings, { pattern: RegExp; accepted: string }>;

const optional = ["externalId", "operatorArn", "sourceBucket"];

/** Checks the settings. Throws one Error that lists every problem. */
export function readSettings(value: unknown): Settings {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(`cdk.json: context.${settingsKey} is ${JSON.stringify(value)}, not an object`);
  }
  const settings = value as Record<string, unknown>;
  const problems = [...unknownFields(value), ...badFields(settings), ...strangeOperator(settings)];
  if (problems.length > 0) {
    throw new Error(`cdk.json: context.${settingsKey}\n${problems.map((each) => `  ${each}`).join("\n")}`);
  }
  return value as Settings;
}

/** A trust policy would name an operator of another account in vain. */
function strangeOperator({ operatorArn, pipelineAccount }: Record<string, unknown>): string[] {
  const account = typeof operatorArn === "string" ? operatorArn.split(":")[4] : undefined;
  if (account === undefined || account === pipelineAccount) return [];
  return [`operatorArn: "${operatorArn}" is not in the pipelineAccount, ${pipelineAccount}`];
}

function unknownFields(value: object): string[] {
  const known = Object.keys(fields);
  return Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => `${key}: unknown; known are ${known.join(", ")}`);
}

function badFields(value: Record<string, unknown>): string[] {
  return Object.entries(fields)
    .filter(([key]) => !optional.includes(key) || value[key] !== undefined)
    .filter(([key, { pattern }]) => typeof value[key] !== "string" || !pattern.test(value[key]))
    .map(([key, { accepted }]) => `${key}: ${JSON.stringify(value[key]) ?? "missing"} is not ${accepted}`);
}
