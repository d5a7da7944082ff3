import { readFileSync } from "node:fs";
import * as z from "zod";
import { parseRun } from "../../../core/model/run.ts";
import { anyRepository, hosts, oneRepository } from "../../fakes/rule-run.ts";

const noSource =
  "source: is required, since a run compares repositories: a rule without it is started by uploads alone";

function refusal(input: unknown): string {
  try {
    parseRun(input);
  } catch (error) {
    expect(error).toMatchObject({ name: "RequestInvalid", operation: "ReadRule", side: undefined });
    return (error as Error).message;
  }
  throw new Error("it was accepted");
}

describe("parseRun", () => {
  test.each([
    oneRepository,
    { ...anyRepository, mode: "plan" },
    { ...anyRepository, mode: "apply", prune: { maxDeletes: "5%" }, mustSelect: true },
    { ...anyRepository, triggers: [{ schedule: { expression: "rate(1 day)" } }] },
  ])("takes %j as it is", (run) => {
    expect(parseRun(run)).toBe(run);
  });

  test("says every problem at once, with the field before it", () => {
    const run = {
      ...anyRepository,
      name: "A",
      mode: "try",
      colour: "red",
      destination: `${hosts.destination}/app`,
    };
    expect(refusal(run).split("; ")).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^name: 'A' is no name of a rule/),
        expect.stringMatching(/^mode: 'try' is not one of apply, plan/),
        expect.stringMatching(/^colour: no such field/),
        expect.stringMatching(/^destination: needs a \*/),
      ]),
    );
  });

  test("says where in lists and objects a problem is", () => {
    expect(refusal({ ...anyRepository, tags: { include: ["v*", "a b"] } })).toMatch(
      /^tags\.include\.1: 'a b'/,
    );
    expect(refusal({ ...anyRepository, prune: { maxDeletes: -1 } })).toMatch(/^prune\.maxDeletes: '-1'/);
  });

  test("does not run a rule that uploads start", () => {
    const upload = {
      name: "inbox",
      destination: `${hosts.destination}/{basename}:latest`,
      triggers: [{ s3: { bucket: "inbox" } }],
    };
    expect(refusal(upload)).toBe(noSource);
  });

  test.each([
    [undefined, "rule: is required"],
    [null, "rule: expected an object with fields, and it is empty"],
    ["team", "rule: expected an object with fields, and it is a text"],
    [[], "rule: expected an object with fields, and it is a list"],
    [{}, `name: is required; ${noSource}; destination: is required`],
  ])("refuses %j", (input, message) => {
    expect(refusal(input)).toContain(message);
  });
});

describe("the published schema", () => {
  const schema = z.fromJSONSchema(JSON.parse(readFileSync("docs/run.schema.json", "utf8")));

  test("takes a rule for repositories, with a mode", () => {
    expect(schema.safeParse({ ...anyRepository, mode: "plan" }).success).toBe(true);
  });

  test.each(["name", "source", "destination"])("requires %s", (field) => {
    expect(schema.safeParse({ ...anyRepository, [field]: undefined }).success).toBe(false);
    expect(refusal({ ...anyRepository, [field]: undefined })).toContain(`${field}: is required`);
  });
});
