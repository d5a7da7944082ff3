import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Role, Roles } from "../iam/roles.ts";
import { trustsService } from "../iam/trust.ts";
import type { FunctionDefinition } from "../lambda/definition.ts";
import type { NamedResource } from "./resource-type.ts";
import { RESOURCE_TYPES } from "./resource-types.ts";

/** A function as its template describes it; inline code is written below `data`. */
export function functionOf(
  resource: NamedResource,
  { roles, data }: { roles: Roles; data: string },
): FunctionDefinition {
  const { name, stack, properties, logicalId } = resource;
  const where = `${stack.name}/${logicalId}`;
  const runtime = String(properties["Runtime"]);
  if (!runtime.startsWith("nodejs"))
    throw new Error(`${where}: Runtime is ${runtime}; a nodejs runtime would be accepted`);
  const { LogGroup } = (properties["LoggingConfig"] ?? {}) as { LogGroup?: string };
  const { Variables = {} } = (properties["Environment"] ?? {}) as { Variables?: Record<string, string> };
  return {
    arn: RESOURCE_TYPES[resource.type]?.attributes["Arn"]?.(resource) ?? "",
    name,
    account: stack.account,
    region: stack.region,
    role: serviceRole(String(properties["Role"]), { roles, service: "lambda.amazonaws.com", where }),
    runtime,
    handler: String(properties["Handler"]),
    taskRoot: codeOf(resource, data),
    memoryMiB: Number(properties["MemorySize"] ?? 128),
    timeoutMillis: Number(properties["Timeout"] ?? 3) * 1000,
    logGroup: LogGroup ?? `/aws/lambda/${name}`,
    variables: Variables,
  };
}

/** The role that a service is to use; throws when there is none or it does not trust the service. */
export function serviceRole(
  arn: string,
  { roles, service, where }: { roles: Roles; service: string; where: string },
): Role {
  const role = roles.byArn(arn);
  if (!role) throw new Error(`${where}: role ${arn} does not exist`);
  if (!trustsService(role.trust, service))
    throw new Error(`${where}: role ${arn} cannot be assumed by ${service}`);
  return role;
}

function codeOf({ name, stack, properties, logicalId }: NamedResource, data: string): string {
  const { S3Key, ZipFile } = (properties["Code"] ?? {}) as { S3Key?: string; ZipFile?: string };
  const asset = stack.assets.get(S3Key ?? "");
  if (asset) return asset;
  if (ZipFile === undefined)
    throw new Error(
      `${stack.name}/${logicalId}: Code ${JSON.stringify(properties["Code"])} is no asset of the assembly`,
    );
  const directory = join(data, "functions", name);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "index.js"), ZipFile);
  return directory;
}
