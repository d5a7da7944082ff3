import { StateMachine, type StateMachineDefinition } from "aws-local-stepfunctions";
import type { Roles } from "../iam/roles.ts";
import { functionArnsOf, prepare } from "../states/definition.ts";
import type { Machine } from "../states/machine.ts";
import { serviceRole } from "./create-function.ts";
import type { NamedResource } from "./resource-type.ts";
import { RESOURCE_TYPES } from "./resource-types.ts";

/** A state machine as its template describes it; throws when its definition is not valid or names a function that does not exist. */
export function machineOf(
  resource: NamedResource,
  { roles, hasFunction }: { roles: Roles; hasFunction: (arn: string) => boolean },
): Machine {
  const { name, stack, properties, logicalId } = resource;
  const where = `${stack.name}/${logicalId}`;
  const type = properties["StateMachineType"] ?? "STANDARD";
  if (type !== "STANDARD")
    throw new Error(`${where}: StateMachineType is ${type}; STANDARD would be accepted`);
  const definition = definitionText(properties);
  const prepared = inContext(where, () => {
    const parsed = JSON.parse(definition);
    new StateMachine(parsed as StateMachineDefinition);
    return prepare(parsed);
  });
  for (const functionArn of functionArnsOf(prepared)) {
    if (!hasFunction(functionArn)) throw new Error(`${where}: function ${functionArn} does not exist`);
  }
  return {
    arn: RESOURCE_TYPES[resource.type]?.ref(resource) ?? "",
    name,
    account: stack.account,
    region: stack.region,
    role: serviceRole(String(properties["RoleArn"]), { roles, service: "states.amazonaws.com", where }),
    definition,
    prepared,
    createdAt: new Date(),
  };
}

function definitionText(properties: Readonly<Record<string, unknown>>): string {
  const { Definition, DefinitionString, DefinitionSubstitutions = {} } = properties;
  const text = Definition === undefined ? String(DefinitionString) : JSON.stringify(Definition);
  const substitutions = DefinitionSubstitutions as Record<string, string>;
  return text.replace(/\$\{([A-Za-z0-9_]+)\}/g, (whole, key) => substitutions[key] ?? whole);
}

function inContext<Result>(where: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw new Error(`${where}: ${(error as Error).message}`);
  }
}
