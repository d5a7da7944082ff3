import { execFile } from "node:child_process";
import type { RegistryCredentials } from "../adapters/clients/registry/credentials.ts";
import { Failure } from "../core/errors.ts";
import { quoted } from "../core/model/quoted.ts";

/** How long a helper may take, in milliseconds: it may wait for a keychain, but not for a person who is not there. */
const patience = 10_000;

/** What helpers say when they have none (docker-credential-helpers, credentials/error.go). */
const notFound = "credentials not found in native keychain";

/** The user name that stands for an identity token in the place of a password. */
const tokenName = "<token>";

/**
 * Asks the program `docker-credential-<name>` for the credentials for a server, by Docker's protocol: the server on its
 * standard input, JSON on its standard output; undefined when it has none. Throws `AccessDenied`, which names the helper.
 */
export async function askHelper(
  name: string,
  server: string,
  timeout = patience,
): Promise<RegistryCredentials | undefined> {
  // Else a configuration could name any program by a path.
  if (!/^[\w.-]+$/.test(name)) {
    throw failure(`${quoted(name)} is no credential helper's name: letters, digits, '.', '_' and '-'`);
  }
  const program = `docker-credential-${name}`;
  const output = await run(program, server, timeout);
  return output === undefined ? undefined : readAnswer(output, program);
}

/** What it wrote, or undefined when it says that it has none. */
function run(program: string, server: string, timeout: number): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const options = {
      env: process.env,
      timeout,
      killSignal: "SIGKILL",
      maxBuffer: 1024 * 1024,
      windowsHide: true,
    } as const;
    const child = execFile(program, ["get"], options, (error, output, complaint) => {
      if (!error) resolve(output);
      else if (output.trim() === notFound) resolve(undefined);
      else
        reject(
          failure(`${program} get failed for ${server}: ${reason(error, output || complaint, timeout)}`),
        );
    });
    // One that ends without reading is heard by its exit code.
    child.stdin?.on("error", () => {});
    child.stdin?.end(server);
  });
}

function reason(
  { code, killed }: { code?: number | string | null; killed?: boolean },
  output: string,
  timeout: number,
): string {
  if (code === "ENOENT") {
    return "there is no such program on the PATH; install it, or correct credsStore and credHelpers";
  }
  if (code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") return "it wrote more than 1 MiB";
  if (killed) return `it did not end within ${timeout / 1_000} seconds`;
  // What went wrong is told on the standard output by the protocol; JSON there would be an answer, and not to be told.
  const [said = ""] = output.trim().split("\n");
  const what = typeof code === "number" ? `it ended with ${code}` : `it could not be run (${code})`;
  return said === "" || output.includes("{") ? what : `${what}, saying ${quoted(said)}`;
}

function readAnswer(output: string, program: string): RegistryCredentials | undefined {
  const { Username: username, Secret: secret } = parse(output, program);
  if (typeof username !== "string" || typeof secret !== "string") {
    throw failure(`${program} gave no JSON object with Username and Secret`);
  }
  if (secret === "") return undefined;
  return username === tokenName ? { identityToken: secret } : { username, password: secret };
}

/** What JSON.parse throws quotes the text, so it is not passed on. */
function parse(output: string, program: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(output));
  } catch {
    throw failure(`${program} gave no JSON`);
  }
}

function failure(message: string): Failure {
  return new Failure("AccessDenied", { side: "source", operation: "ReadCredentials" }, message);
}
