import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** How a program is run; `seconds` is after how many it is killed, 60 by default. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly seconds?: number;
}

/** How a program ended that did not end with 0. */
interface Ending {
  /** The exit status; none when it was killed or could not be started. */
  readonly status: number | undefined;
  readonly how: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that ended otherwise than with 0. */
export class ProgramFailed extends Error {
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;

  constructor(command: string, { status, how, stdout, stderr }: Ending) {
    super(`${command}: ${how}: ${(stderr || stdout).trim().slice(-800)}`);
    this.name = "ProgramFailed";
    this.status = status;
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
    throw new ProgramFailed([program, ...args].join(" ").slice(0, 200), endingOf(error as Failed, seconds));
  }
}

/** Whether a program can be run, by its name from `PATH` or by its absolute path. */
export function isInstalled(program: string): boolean {
  if (isAbsolute(program)) return isExecutable(program);
  const directories = (process.env["PATH"] ?? "").split(delimiter);
  return directories.some((directory) => isExecutable(join(directory, program)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

type Failed = Error & { code?: number | string; killed?: boolean; stdout?: Buffer; stderr?: Buffer };

function endingOf({ code, killed, stdout, stderr }: Failed, seconds: number): Ending {
  return {
    status: typeof code === "number" ? code : undefined,
    how: killed ? `killed after ${seconds} s` : `exit ${code}`,
    stdout: String(stdout ?? ""),
    stderr: String(stderr ?? ""),
  };
}

// Whatever profile, proxy or login this machine has must neither help nor disturb.
const isolation = {
  NO_PROXY: "127.0.0.1",
  no_proxy: "127.0.0.1",
  AWS_CONFIG_FILE: "/dev/null",
  AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  AWS_ENDPOINT_URL: undefined,
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_PAGER: "",
  AWS_PROFILE: undefined,
  AWS_SESSION_TOKEN: undefined,
};
