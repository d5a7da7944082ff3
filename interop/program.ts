import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** How a program is run; `seconds` is after how many it is killed, 60 by default. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly seconds?: number;
}

/** A program that ended otherwise than with 0. */
export class ProgramFailed extends Error {
  readonly stdout: string;
  readonly stderr: string;

  constructor(command: string, how: string, { stdout, stderr }: { stdout: string; stderr: string }) {
    super(`${command}: ${how}: ${(stderr || stdout).trim().slice(-800)}`);
    this.name = "ProgramFailed";
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

/** Runs a program without a shell and without input: its standard output, byte for byte. Throws ProgramFailed. */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Buffer> {
  const { env, seconds = 60 } = options;
  const running = execute(program, [...args], {
    encoding: "buffer",
    env: { ...process.env, ...isolation, ...env },
    timeout: seconds * 1000,
    killSignal: "SIGKILL",
    maxBuffer: 64 * 1024 * 1024,
  });
  running.child.stdin?.end();
  try {
    return (await running).stdout;
  } catch (error) {
    const { code, killed, stdout, stderr } = error as Error & {
      code?: number | string;
      killed?: boolean;
      stdout?: Buffer;
      stderr?: Buffer;
    };
    const how = killed ? `killed after ${seconds} s` : `exit ${code}`;
    throw new ProgramFailed([program, ...args].join(" ").slice(0, 200), how, {
      stdout: String(stdout ?? ""),
      stderr: String(stderr ?? ""),
    });
  }
}

/** Whether a program of this name can be run from `PATH`. */
export function isInstalled(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

// Whatever profile, proxy or login this machine has must neither help nor disturb.
const isolation = {
  NO_PROXY: "127.0.0.1",
  no_proxy: "127.0.0.1",
  AWS_CONFIG_FILE: "/dev/null",
  AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_PAGER: "",
  AWS_PROFILE: undefined,
  AWS_SESSION_TOKEN: undefined,
};
