import { parseArgs } from "node:util";

/** What a command line asks for; `fields` is a request that has not been checked. */
export interface CopyArguments {
  readonly fields: Readonly<Record<string, string>>;
  /** The ARN of a state machine to run the request on, instead of this process. */
  readonly stateMachine?: string;
  readonly json: boolean;
}

/** What to do: copy, or say something and end. */
export type Command =
  | { readonly name: "copy"; readonly copy: CopyArguments }
  | { readonly name: "help" | "version" };

/** A command line that is not understood; the message says what would be. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The options of `copy` that stand for a field of the request, with what help says of them. */
export const requestOptions = {
  "source-role-arn": { field: "sourceRoleArn", help: "role to read with (or the third argument)" },
  "destination-role-arn": {
    field: "destinationRoleArn",
    help: "role to write with (or the fourth argument)",
  },
  "source-external-id": { field: "sourceExternalId", help: "external id for the source role" },
  "destination-external-id": { field: "destinationExternalId", help: "external id for the destination role" },
} as const;

const options = {
  ...Object.fromEntries(Object.keys(requestOptions).map((name) => [name, { type: "string" as const }])),
  plan: { type: "boolean" },
  "state-machine": { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} as const;

/** The positional arguments of `copy`, in the order of the scripts that it replaces. */
const positionalFields = ["source", "destination", "sourceRoleArn", "destinationRoleArn"];

/** Reads a command line, without node and script. Throws UsageError. */
export function parseCommand(argv: readonly string[]): Command {
  const { values, positionals } = parse(argv);
  if (values["help"] || argv.length === 0) return { name: "help" };
  if (values["version"]) return { name: "version" };
  const [command, ...rest] = positionals;
  if (command !== "copy") {
    throw new UsageError(`'${command ?? ""}' is no command; the command is copy`);
  }
  if (rest.length < 2 || rest.length > 4) {
    throw new UsageError(
      `copy takes 2 to 4 arguments, SOURCE DESTINATION [SOURCE_ROLE DESTINATION_ROLE], and got ${rest.length}`,
    );
  }
  const fields: Record<string, string> = {};
  // An empty role stands for none, so that the scripts' four arguments can be passed on as they are.
  for (const [at, value] of rest.entries()) if (value !== "") set(fields, positionalFields[at] ?? "", value);
  for (const [name, { field }] of Object.entries(requestOptions)) {
    const value = values[name];
    if (typeof value === "string") set(fields, field, value);
  }
  if (values["plan"]) fields["mode"] = "plan";
  const stateMachine = values["state-machine"];
  return {
    name: "copy",
    copy: {
      fields,
      stateMachine: typeof stateMachine === "string" ? stateMachine : undefined,
      json: values["json"] === true,
    },
  };
}

function set(fields: Record<string, string>, field: string, value: string): void {
  if (field in fields) throw new UsageError(`${field} is given twice: '${fields[field]}' and '${value}'`);
  fields[field] = value;
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true }) as {
      values: Record<string, string | boolean | undefined>;
      positionals: string[];
    };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
