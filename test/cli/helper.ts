import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Puts a program `docker-credential-<name>` into a folder: a shell script, in which `$server` is what it was asked for. */
export function writeHelper(folder: string, name: string, script: string): void {
  const file = join(folder, `docker-credential-${name}`);
  writeFileSync(file, `#!/bin/sh\n[ "$*" = get ] || exit 9\nserver=$(cat)\n${script}\n`);
  chmodSync(file, 0o755);
}
