import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readRule } from "../../cli/rule-file.ts";

const registry = "111111111111.dkr.ecr.eu-central-1.amazonaws.com";
const team = `
  - name: team
    source: ${registry}/team/*
    destination: ${registry}/mirror/team/*`;
const web = team.replaceAll("team", "web");
const inbox = `
  - name: inbox
    destination: ${registry}/{basename}:latest
    triggers: [{ s3: { bucket: inbox } }]`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rule-file-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(text: string): string {
  const path = join(folder, "rules.yaml");
  writeFileSync(path, text);
  return path;
}

test("a rule is found by its name, with all that it has", async () => {
  const path = fileOf(`rules:${team}\n    concurrency: 5${web}${inbox}\n`);
  expect(await readRule(path, "team")).toEqual({
    name: "team",
    source: `${registry}/team/*`,
    destination: `${registry}/mirror/team/*`,
    concurrency: 5,
  });
});

test("the only rule with a source needs no name", async () => {
  expect(await readRule(fileOf(`rules:${inbox}${team}`))).toMatchObject({ name: "team" });
});

test("what else the file has is not looked at", async () => {
  expect(await readRule(fileOf(`region: nowhere\nrules:${team}`))).toMatchObject({ name: "team" });
});

test.each([
  [`rules:${team}${web}${inbox}`, undefined, "--rule is missing: PATH has the rules team, web"],
  [`rules:${inbox}`, undefined, "PATH has no rule with a source: those without one are started by uploads"],
  [`rules:${team}${web}`, "wbe", "--rule: PATH has no rule 'wbe'; those with a source: team, web"],
  [`rules:${inbox}`, "wbe", "--rule: PATH has no rule 'wbe'; those with a source: none"],
  [
    `rules:${team}${inbox}`,
    "inbox",
    "'inbox' has no source, since uploads start it; those with a source: team",
  ],
  ["region: eu-central-1", undefined, "PATH: it has no rules"],
  ["", undefined, "PATH:1:1: it has 0 YAML documents"],
  ["rules: [", undefined, "PATH:"],
  [
    `rules:${team}\n    concurrency: 0`,
    undefined,
    "PATH:5:5: rules.0.concurrency: '0' is not a whole number",
  ],
  [`rules:${team}\n    prune: false`, undefined, "PATH:5:5: rules.0.prune: expected true, or settings"],
])("%j with the name %j is refused", async (text, name, sentence) => {
  const path = fileOf(text);
  const refusal = readRule(path, name);
  await expect(refusal).rejects.toMatchObject({ name: "RequestInvalid", operation: "ReadRule" });
  await expect(refusal).rejects.toThrow(sentence.replace("PATH", path));
});

test("every problem of the rules is told at once", async () => {
  const path = fileOf(`rules:${team}\n    concurrency: 0\n    untagged: 7`);
  await expect(readRule(path)).rejects.toThrow(/:5:5: rules\.0\.concurrency/);
  await expect(readRule(path)).rejects.toThrow(/:6:5: rules\.0\.untagged/);
});

test.each([
  ["absent.yaml", "there is no file absent.yaml; expected one with rules, such as replication.yaml"],
  [".", "the file . cannot be read (EISDIR)"],
])("a file %s is told of by its name", async (path, sentence) => {
  await expect(readRule(path)).rejects.toThrow(`--config: ${sentence}`);
});
