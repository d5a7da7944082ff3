import { spawn } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { Stage } from "./check.ts";

/** A registry that another program is, on this machine. */
export interface Registry {
  readonly host: string;
  readonly stop: () => void;
}

/** Who may read from a registry that asks for a password. */
export const user = { username: "interop", password: "interop" };

// Of that password, by bcrypt.
const htpasswd = "interop:$2b$04$lEKGIc1fXNgmNccR9tRp3O2HYj/p4ZI46tknvOai1zLjeUJ5uJSty\n";

/** Debian's docker-registry, empty; with a password it is only for `user`. */
export async function dockerRegistry(stage: Stage, access: "open" | "password"): Promise<Registry> {
  const directory = await mkdtemp(join(stage.directory, "docker-registry-"));
  const [users, configuration] = [join(directory, "htpasswd"), join(directory, "config.yml")];
  const settings = {
    version: "0.1",
    storage: { filesystem: { rootdirectory: directory } },
    http: { addr: "127.0.0.1:0" },
    ...(access === "password" && { auth: { htpasswd: { realm: "interop", path: users } } }),
  };
  await writeFile(users, htpasswd);
  await writeFile(configuration, JSON.stringify(settings));
  return started("docker-registry", ["serve", configuration]);
}

/** The registry that crane is besides, empty and in memory. */
export function craneRegistry(crane: string): Promise<Registry> {
  return started(crane, ["registry", "serve", "--address", "127.0.0.1:0"]);
}

/** Starts a program, and waits until it says on which port it listens. */
async function started(program: string, args: readonly string[]): Promise<Registry> {
  const child = spawn(program, [...args], { stdio: ["ignore", "ignore", "pipe"] });
  const stop = () => void child.kill("SIGKILL");
  const listening = new Promise<string>((resolve, reject) => {
    let said = "";
    createInterface(child.stderr).on("line", (line) => {
      said += `${line}\n`;
      const port = /(?:listening on 127\.0\.0\.1:|serving on port )(\d+)/.exec(line)?.[1];
      if (port) resolve(`127.0.0.1:${port}`);
    });
    child.once("error", reject);
    child.once("exit", (code) =>
      reject(new Error(`${program} ended with exit status ${code}: ${said.slice(-800)}`)),
    );
  });
  const patience = new AbortController();
  const late = delay(20_000, undefined, { signal: patience.signal }).then(() => {
    throw new Error(`${program} did not listen within 20 s`);
  });
  try {
    return { host: await Promise.race([listening, late]), stop };
  } catch (error) {
    stop();
    throw error;
  } finally {
    patience.abort();
    late.catch(() => {});
  }
}
