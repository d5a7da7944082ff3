import { readFile } from "node:fs/promises";
import { Failure } from "../core/errors.ts";
import { hasRepositories, type RepositoryRule, type Rule, ruleProblems } from "../core/model/rule.ts";
import { readYaml, type YamlDocument } from "../infra/yaml-document.ts";

/**
 * Reads a rule for repositories from a file with `rules`, such as `replication.yaml`: the one of a name, or the only one.
 * What else the file has is not looked at. Throws `RequestInvalid`, which lists every problem of the rules with file, line
 * and column, or the names that there are.
 */
export async function readRule(path: string, name?: string): Promise<RepositoryRule> {
  return chosen(await readRules(path), path, name);
}

async function readRules(path: string): Promise<Rule[]> {
  const { value, at } = parse(await readText(path), path);
  const { rules } = Object(value) as { rules?: unknown };
  if (rules === undefined) throw invalid(`${path}: it has no rules`);
  const lines = ruleProblems(rules).map(({ path: field, message }) => {
    const full = ["rules", ...field];
    return `${path}:${at(full)}: ${full.join(".")}: ${message}`;
  });
  if (lines.length > 0) throw invalid(lines.join("\n"));
  return rules as Rule[];
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") throw invalid(`--config: the file ${path} cannot be read (${code})`);
    throw invalid(`--config: there is no file ${path}; expected one with rules, such as replication.yaml`);
  }
}

function parse(text: string, path: string): YamlDocument {
  try {
    return readYaml(text);
  } catch (error) {
    throw invalid(`${path}:${(error as Error).message}`);
  }
}

function chosen(rules: readonly Rule[], path: string, name: string | undefined): RepositoryRule {
  const possible = rules.filter(hasRepositories);
  const names = possible.map((rule) => rule.name).join(", ") || "none";
  if (name === undefined) {
    const [only] = possible;
    if (only && possible.length === 1) return only;
    throw invalid(
      possible.length === 0
        ? `${path} has no rule with a source: those without one are started by uploads alone`
        : `--rule is missing: ${path} has the rules ${names}`,
    );
  }
  const found = rules.find((rule) => rule.name === name);
  if (!found) throw invalid(`--rule: ${path} has no rule '${name}'; those with a source: ${names}`);
  if (hasRepositories(found)) return found;
  throw invalid(`--rule: '${name}' has no source, since uploads start it; those with a source: ${names}`);
}

function invalid(message: string): Failure {
  return new Failure("RequestInvalid", { operation: "ReadRule" }, message);
}
