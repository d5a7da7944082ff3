import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { type Replication, replicationProblems } from "./replication.ts";
import { readYaml, type YamlDocument } from "./yaml-document.ts";

/**
 * Reads the app's configuration. Throws an Error that lists every problem, each with the file, the line and the
 * column, and the path of the field, or says that the file cannot be read.
 */
export function readReplicationFile(path: string): Replication {
  return parseReplication(readText(path), relative("", path));
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") throw new Error(`config: the file ${path} cannot be read (${code})`);
    throw new Error(
      `config: there is no file ${path}; expected one such as replication.yaml, which -c config=FILE names`,
    );
  }
}

/** Reads the text of a configuration; `file` is its name, for messages. Throws as `readReplicationFile` does. */
export function parseReplication(text: string, file: string): Replication {
  const { value, at } = readDocument(text, file);
  const problems = replicationProblems(value);
  if (problems.length === 0) return value as Replication;
  const lines = problems.map(
    ({ path, message }) => `${file}:${at(path)}: ${path.length > 0 ? `${path.join(".")}: ` : ""}${message}`,
  );
  throw new Error(lines.join("\n"));
}

function readDocument(text: string, file: string): YamlDocument {
  try {
    return readYaml(text);
  } catch (error) {
    throw new Error(`${file}:${(error as Error).message}`);
  }
}
