import { parseArgs } from "node:util";
import { startLocalAws } from "./aws.ts";
import { banner } from "./banner.ts";
import type { CallRecord } from "./http.ts";

const USAGE = `Usage: npm run local -- [--port PORT] [--data DIRECTORY] [--assembly DIRECTORY] [--verbose]

  --port      TCP port on 127.0.0.1 (default 4566; 0 is any free one)
  --data      folder that keeps images, objects and secrets (default: a temporary one, removed at exit)
  --assembly  cloud assembly to deploy (default cdk.out; \`npx cdk synth\` makes it)
  --verbose   print one line for each call, and what functions log`;

process.exitCode = await main();

async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === "string") {
    process.stderr.write(`${options}\n\n${USAGE}\n`);
    return 2;
  }
  try {
    const aws = await startLocalAws(options);
    process.stdout.write(banner(aws));
    await interrupted();
    await aws.stop();
    return 0;
  } catch (error) {
    process.stderr.write(`${explain(error as NodeJS.ErrnoException, options.port)}\n`);
    return 1;
  }
}

function readOptions(): (Parameters<typeof startLocalAws>[0] & { port: number }) | string {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: "string", default: "4566" },
        data: { type: "string" },
        assembly: { type: "string", default: "cdk.out" },
        verbose: { type: "boolean", default: false },
      },
    });
    const port = Number(values.port);
    if (!/^\d+$/.test(values.port) || port > 65_535)
      return `--port is ${values.port}; 0 to 65535 would be accepted`;
    return {
      port,
      data: values.data,
      assembly: values.assembly,
      ...(values.verbose && { onCall: printCall, onLog: printLog }),
    };
  } catch (error) {
    return (error as Error).message;
  }
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
}

function explain({ code, message }: NodeJS.ErrnoException, port: number): string {
  if (code !== "EADDRINUSE") return `Local AWS could not start: ${message}`;
  return `Port ${port} of 127.0.0.1 is taken, perhaps by another local AWS; choose another with --port`;
}

function printCall({ service, operation, account, region, detail, status, error }: CallRecord): void {
  const fields = Object.entries(detail).map(([field, value]) => `${field}=${value}`);
  process.stdout.write(
    `${[status, `${service}:${operation}`, `${account}/${region}`, ...fields, error ?? ""].join(" ").trimEnd()}\n`,
  );
}

function printLog(functionName: string, text: string): void {
  process.stdout.write(text.replace(/^(?=.)/gm, `[${functionName}] `));
}
