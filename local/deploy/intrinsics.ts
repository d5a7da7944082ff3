import type { Stack } from "./assembly.ts";

/** What references in a template stand for. */
export interface Scope {
  readonly stack: Stack;
  /** A resource's `Ref`, or with an attribute its `Fn::GetAtt`; undefined when the stack has no such resource. */
  readonly resource: (logicalId: string, attribute?: string) => string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;
type Intrinsic = (argument: unknown, scope: Scope) => unknown;

const NO_VALUE = Symbol("AWS::NoValue");

/** A template's value with its intrinsic functions worked out; throws an Error that names the one it cannot. */
export function resolve(value: unknown, scope: Scope): unknown {
  const resolved = resolveAny(value, scope);
  return resolved === NO_VALUE ? undefined : resolved;
}

/** Whether a named condition of the template holds; no name holds. */
export function conditionHolds(name: string | undefined, scope: Scope): boolean {
  if (name === undefined) return true;
  const condition = scope.stack.template.Conditions?.[name];
  if (condition === undefined) throw new Error(`${scope.stack.name}: there is no condition ${name}`);
  return resolve(condition, scope) === true;
}

function resolveAny(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value))
    return value.map((entry) => resolveAny(entry, scope)).filter((entry) => entry !== NO_VALUE);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [];
  if (
    entries.length === 1 &&
    name &&
    /^(Fn::.+|Ref|Condition)$/.test(name) &&
    !isPolicyCondition(name, argument)
  ) {
    const intrinsic = INTRINSICS[name];
    if (!intrinsic) throw new Error(`${scope.stack.name}: ${name} is not supported by local AWS`);
    return intrinsic(argument, scope);
  }
  const resolved = entries.map(([key, entry]) => [key, resolveAny(entry, scope)]);
  return Object.fromEntries(resolved.filter(([, entry]) => entry !== NO_VALUE));
}

// A policy statement has a Condition too, but that one is a block of operators.
function isPolicyCondition(name: string, argument: unknown): boolean {
  return name === "Condition" && typeof argument !== "string";
}

const INTRINSICS: Record<string, Intrinsic> = {
  Ref: (id, scope) => reference(String(id), scope),
  Condition: (name, scope) => conditionHolds(String(name), scope),
  "Fn::GetAtt": (argument, scope) => {
    const [id = "", ...attribute] = Array.isArray(argument)
      ? argument.map(String)
      : String(argument).split(".");
    return attributeOf(id, attribute.join("."), scope);
  },
  "Fn::Sub": (argument, scope) => {
    const [text, variables] = (Array.isArray(argument) ? argument : [argument, {}]) as [string, Fields];
    return text.replace(/\$\{(!?)([^}]+)\}/g, (_, literal, name) =>
      literal ? `\${${name}}` : substitution(name, variables, scope),
    );
  },
  "Fn::Join": (argument, scope) => {
    const [delimiter, parts] = argument as [string, unknown];
    return (resolveAny(parts, scope) as unknown[]).join(delimiter);
  },
  "Fn::Select": (argument, scope) => {
    const [index, values] = resolveAny(argument, scope) as [number | string, unknown[]];
    return values[Number(index)];
  },
  "Fn::Split": (argument, scope) => {
    const [delimiter, text] = resolveAny(argument, scope) as [string, string];
    return text.split(delimiter);
  },
  "Fn::If": (argument, scope) => {
    const [name, then, otherwise] = argument as [string, unknown, unknown];
    return resolveAny(conditionHolds(name, scope) ? then : otherwise, scope);
  },
  "Fn::Equals": (argument, scope) => {
    const [left, right] = resolveAny(argument, scope) as unknown[];
    return left === right;
  },
  "Fn::And": (argument, scope) => (argument as unknown[]).every((part) => resolveAny(part, scope) === true),
  "Fn::Or": (argument, scope) => (argument as unknown[]).some((part) => resolveAny(part, scope) === true),
  "Fn::Not": (argument, scope) => resolveAny((argument as unknown[])[0], scope) !== true,
};

function substitution(name: string, variables: Fields, scope: Scope): string {
  if (name in variables) return String(resolveAny(variables[name], scope));
  const [id = "", ...attribute] = name.split(".");
  return String(attribute.length > 0 ? attributeOf(id, attribute.join("."), scope) : reference(name, scope));
}

function reference(id: string, scope: Scope): unknown {
  const { account, region, name, template, parameters } = scope.stack;
  const pseudo: Record<string, unknown> = {
    "AWS::AccountId": account,
    "AWS::Region": region,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": name,
    "AWS::StackId": `arn:aws:cloudformation:${region}:${account}:stack/${name}/local`,
    "AWS::NoValue": NO_VALUE,
  };
  const found = pseudo[id] ?? parameters[id] ?? template.Parameters?.[id]?.Default ?? scope.resource(id);
  if (found === undefined)
    throw new Error(`${name}: Ref ${id} is neither a resource nor a parameter with a value`);
  return found;
}

function attributeOf(id: string, attribute: string, scope: Scope): string {
  const found = scope.resource(id, attribute);
  if (found === undefined)
    throw new Error(`${scope.stack.name}: ${id} has no attribute ${attribute} in local AWS`);
  return found;
}
