import { bucketNameForm } from "../core/model/s3-object.ts";
import { invalid, list, readStateMachine, text, type Values } from "./option.ts";

/** What a command line asks for; `fields` is a request that has not been checked. */
export interface CopyArguments {
  readonly fields: Readonly<Record<string, unknown>>;
  /** The ARN of a state machine to run the request on, instead of this process. */
  readonly stateMachine?: string;
  /** The bucket to inflate compressed archives into, when this process copies. */
  readonly workBucket?: string;
  /** Whether registries on this machine, and private addresses, may be read from. */
  readonly allowInsecure?: boolean;
  readonly json: boolean;
}

/** An option of `copy` that stands for a field of the request. */
interface RequestOption {
  readonly field: string;
  /** What help says of it. */
  readonly help: string;
  /** What the field is made of: a text, when absent. */
  readonly read?: (value: string) => unknown;
}

const json = (value: string) => {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    throw invalid(`--repository-settings: '${value}' is no JSON; expected such as {"scanOnPush": true}`);
  }
};
const truth = (value: string) => (/^(true|false)$/.test(value) ? value === "true" : value);

/** The options of `copy` that stand for a field of the request, by name. */
export const requestOptions: Readonly<Record<string, RequestOption>> = {
  "source-role-arn": { field: "sourceRoleArn", help: "role to read with (or the third argument)" },
  "destination-role-arn": {
    field: "destinationRoleArn",
    help: "role to write with (or the fourth argument)",
  },
  "source-external-id": { field: "sourceExternalId", help: "external id for the source role" },
  "destination-external-id": { field: "destinationExternalId", help: "external id for the destination role" },
  "source-secret-arn": {
    field: "sourceSecretArn",
    help: "secret for a registry, in place of docker's logins",
  },
  "source-credentials-secret-arn": {
    field: "sourceCredentialsSecretArn",
    help: "secret with an access key to read with",
  },
  "destination-credentials-secret-arn": {
    field: "destinationCredentialsSecretArn",
    help: "secret with an access key to write with",
  },
  "repository-settings": {
    field: "createRepository",
    help: "as --create-repository, with settings in JSON",
    read: json,
  },
  "layer-compression": { field: "layerCompression", help: "gzip, zstd or none, for layers of an archive" },
  platforms: {
    field: "platforms",
    help: "only these of an index, such as linux/amd64,linux/arm64",
    read: list,
  },
  referrers: {
    field: "referrers",
    help: "false leaves signatures and the like behind",
    read: truth,
  },
};

/** The positional arguments of `copy`, in the order of the scripts that it replaces. */
const positionalFields = ["source", "destination", "sourceRoleArn", "destinationRoleArn"];

/** The options of `copy` beside those for fields of the request. */
export const copyOptions = {
  ...Object.fromEntries(Object.keys(requestOptions).map((name) => [name, text])),
  plan: { type: "boolean" },
  "state-machine": text,
  "work-bucket": text,
  "allow-insecure": { type: "boolean" },
  "create-repository": { type: "boolean" },
  json: { type: "boolean" },
} as const;

/** Reads the arguments and options of `copy`. Throws `RequestInvalid`. */
export function readCopy(positionals: readonly string[], values: Values): CopyArguments {
  if (positionals.length < 2 || positionals.length > 4) {
    throw invalid(
      `copy takes 2 to 4 arguments, SOURCE DESTINATION [SOURCE_ROLE [DESTINATION_ROLE]], and got ${positionals.length}`,
    );
  }
  return { fields: readFields(positionals, values), ...readPlace(values) };
}

/** Where to copy, and how to tell of it. */
function readPlace(values: Values): Omit<CopyArguments, "fields"> {
  const stateMachine = readStateMachine(values["state-machine"]);
  const workBucket = values["work-bucket"] as string | undefined;
  const allowInsecure = values["allow-insecure"] === true;
  if (stateMachine !== undefined && allowInsecure) {
    throw invalid("--allow-insecure: is for copying from here, and a state machine allows no such thing");
  }
  if (stateMachine !== undefined && workBucket !== undefined) {
    throw invalid("--work-bucket: the state machine has a work bucket of its own; leave it out");
  }
  if (workBucket !== undefined && !bucketNameForm.pattern.test(workBucket)) {
    throw invalid(`--work-bucket: '${workBucket}' is no bucket name: ${bucketNameForm.accepted}`);
  }
  return { stateMachine, workBucket, allowInsecure, json: values["json"] === true };
}

function readFields(positionals: readonly string[], values: Values): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  // An empty role stands for none, so that the scripts' four arguments can be passed on as they are.
  for (const [at, value] of positionals.entries()) {
    if (value !== "" || at < 2) set(fields, positionalFields[at] ?? "", value);
  }
  for (const [name, { field, read }] of Object.entries(requestOptions)) {
    const value = values[name];
    if (typeof value === "string") set(fields, field, read ? read(value) : value);
  }
  if (values["create-repository"] && fields["createRepository"] === undefined) {
    fields["createRepository"] = true;
  }
  if (values["plan"]) fields["mode"] = "plan";
  return fields;
}

function set(fields: Record<string, unknown>, field: string, value: unknown): void {
  if (field in fields) throw invalid(`${field} is given twice: '${fields[field]}' and '${value}'`);
  fields[field] = value;
}
