import type { Session } from "../credentials.ts";
import type { FunctionDefinition } from "./definition.ts";

/** The environment variables that Lambda gives a function (developer guide, "Defined runtime environment variables"), and two of its own. */
export function variablesOf(
  definition: FunctionDefinition,
  session: Session,
  endpoint: string,
): Record<string, string> {
  const { name, region, memoryMiB, handler, taskRoot, logGroup, runtime } = definition;
  return {
    ...definition.variables,
    _HANDLER: handler,
    _X_AMZN_TRACE_ID: "",
    AWS_ACCESS_KEY_ID: session.accessKeyId,
    AWS_DEFAULT_REGION: region,
    AWS_ENDPOINT_URL: endpoint,
    AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMiB),
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: logStreamName(session.accessKeyId),
    AWS_REGION: region,
    AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
    AWS_SESSION_TOKEN: session.sessionToken,
    // The registries that functions read from are on this machine, too.
    ECR_REPLICATOR_ALLOW_INSECURE: "true",
    LAMBDA_RUNTIME_DIR: "/var/runtime",
    LAMBDA_TASK_ROOT: taskRoot,
    LANG: "en_US.UTF-8",
    PATH: "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    TZ: ":UTC",
  };
}

function logStreamName(id: string): string {
  return `${new Date().toISOString().slice(0, 10).replaceAll("-", "/")}/[$LATEST]${id.toLowerCase()}`;
}
