import type { Call } from "./http.ts";
import type { ErrorShape } from "./refusal.ts";
import type { Signed } from "./signature.ts";

/** The services behind the one endpoint. */
export type ServiceName =
  | "ecr"
  | "states"
  | "sts"
  | "s3"
  | "secretsmanager"
  | "lambda"
  | "events"
  | "registry"
  | "layers";

/** Where a call goes, and what is known of it before its service identifies it. */
export interface Route {
  readonly service: ServiceName;
  readonly operation: string;
  readonly shape: ErrorShape;
}

const TARGETS: Record<string, ServiceName> = {
  AmazonEC2ContainerRegistry_V20150921: "ecr",
  AWSStepFunctions: "states",
  AWSEvents: "events",
  secretsmanager: "secretsmanager",
};

/** Tells the service of a call by what its protocol shows; undefined when none is known by it. */
export function routeOf({ method, path, headers }: Call, signed: Signed | undefined): Route | undefined {
  if (path === "/v2" || path.startsWith("/v2/"))
    return { service: "registry", operation: method, shape: "registry" };
  if (path.startsWith("/_layers/")) return { service: "layers", operation: method, shape: "s3" };
  const [target = "", operation = ""] = (headers["x-amz-target"] ?? "").split(".");
  const service = TARGETS[target];
  if (service) return { service, operation, shape: "json" };
  if (target) return undefined;
  if (signed?.service === "lambda") return { service: "lambda", operation: method, shape: "rest" };
  if (method === "POST" && headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) {
    return { service: "sts", operation: "", shape: "query" };
  }
  return signed?.service === "s3" ? { service: "s3", operation: method, shape: "s3" } : undefined;
}
