// Runs in a function's child process: loads the handler and answers one event at a time over IPC, as protocol.ts says.
// It is plain JavaScript because stripping types would add 17 MiB to the memory of the function it measures.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const send = (answer) => process.send?.(answer);
// Linux lets maxRSS begin at what the parent had when it forked, which may be more than the function may have.
const peakKiB = () =>
  process.platform === "linux"
    ? Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? 0)
    : process.resourceUsage().maxRSS;

try {
  const handler = await load();
  process.on("message", (invocation) => void run(handler, invocation));
  process.on("disconnect", () => process.exit());
  send({ kind: "ready" });
} catch (error) {
  send({ kind: "error", error: describe(error), peakKiB: peakKiB() });
}

async function run(handler, invocation) {
  process.env["_X_AMZN_TRACE_ID"] = invocation.traceId;
  try {
    const result = await handler(JSON.parse(invocation.event), contextOf(invocation));
    send({ kind: "result", result: JSON.stringify(result) ?? "null", peakKiB: peakKiB() });
  } catch (error) {
    send({ kind: "error", error: describe(error), peakKiB: peakKiB() });
  }
}

async function load() {
  const [file = "", name = ""] = (process.env["_HANDLER"] ?? "").split(".");
  const base = join(process.env["LAMBDA_TASK_ROOT"] ?? "", file);
  const path = [".mjs", ".cjs", ".js"]
    .map((extension) => base + extension)
    .find((candidate) => existsSync(candidate));
  if (!path) throw named("Runtime.ImportModuleError", `Error: Cannot find module '${file}'`);
  const loaded = await import(pathToFileURL(path).href);
  const handler = loaded[name] ?? loaded.default?.[name];
  if (typeof handler !== "function")
    throw named("Runtime.HandlerNotFound", `${file}.${name} is undefined or not exported`);
  // The nodejs24.x runtime refuses handlers that take a callback.
  if (handler.length > 2)
    throw named(
      "Runtime.CallbackHandlerDeprecated",
      "The handler takes a callback; an async function would be accepted",
    );
  return handler;
}

function contextOf({ requestId, deadline, functionArn }) {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env["AWS_LAMBDA_FUNCTION_NAME"],
    functionVersion: process.env["AWS_LAMBDA_FUNCTION_VERSION"],
    invokedFunctionArn: functionArn,
    memoryLimitInMB: process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
    awsRequestId: requestId,
    logGroupName: process.env["AWS_LAMBDA_LOG_GROUP_NAME"],
    logStreamName: process.env["AWS_LAMBDA_LOG_STREAM_NAME"],
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function describe(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  // As strict as the runtime client up to nodejs22.x (aws-lambda-ric 3, toRapidResponse); that of nodejs24.x takes it.
  if (typeof error.stack !== "string")
    return {
      errorType: "handled",
      errorMessage:
        "callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack",
      trace: [],
    };
  return { errorType: error.name, errorMessage: error.message, trace: error.stack.split("\n") };
}

function named(name, message) {
  return Object.assign(new Error(message), { name });
}
