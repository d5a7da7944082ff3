import { spawn } from "node:child_process";
import { resolve } from "node:path";

/** The program as `npm run build` makes it. */
export const program = resolve(import.meta.dirname, "../../dist/cli/ecr-replicator.js");

/** How a command ended, and what it said. */
export interface Ending {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** The environment of someone who has signed in to an account of a local AWS, and has no AWS config files. */
export function signedIn(endpoint: string, account: string): Record<string, string> {
  return {
    ...nobody(endpoint),
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: "a-secret-of-the-tests",
  };
}

/** The environment of someone who has not. */
export function nobody(endpoint: string): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    AWS_ENDPOINT_URL: endpoint,
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

/** Runs the built program; `heard` is told what it has said on standard error so far, and may end it. */
export async function run(
  env: Record<string, string>,
  argv: readonly string[],
  heard: (err: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
): Promise<Ending> {
  const child = spawn(process.execPath, [program, ...argv], { env, stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
    heard(err, (signal) => child.kill(signal));
  });
  const status = await new Promise<number | null>((done) => child.once("close", done));
  return { status, out, err };
}
