import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { parseReplication, readReplicationFile } from "../../infra/replication-file.ts";
import { readYaml } from "../../infra/yaml-document.ts";

const shipped = readFileSync("replication.yaml", "utf8");
const settings = `region: eu-central-1
pipelineAccount: "333333333333"
sourceAccount: "111111111111"
destinationAccount: "222222222222"
`;

function parse(text: string) {
  return parseReplication(text, "replication.yaml");
}

describe("replication.yaml, as it ships,", () => {
  test("is the example of the three accounts, with a rule for what is uploaded to the inbox and one for a team's repositories", () => {
    expect(readReplicationFile("replication.yaml")).toEqual({
      region: "eu-central-1",
      pipelineAccount: "333333333333",
      sourceAccount: "111111111111",
      destinationAccount: "222222222222",
      operatorArn: "arn:aws:iam::333333333333:root",
      sourceBuckets: ["my-bucket"],
      createRepositories: true,
      secrets: ["arn:aws:secretsmanager:eu-central-1:333333333333:secret:docker-hub"],
      inboxBuckets: ["replication-inbox"],
      dashboard: true,
      rules: [
        {
          name: "inbox",
          destination: "222222222222.dkr.ecr.eu-central-1.amazonaws.com/{basename}:latest",
          destinationRoleArn: "arn:aws:iam::222222222222:role/CustomEcrRole",
          triggers: [
            {
              s3: {
                bucket: "replication-inbox",
                prefix: "images/",
                suffix: [".tar", ".tar.gz", ".tgz", ".tar.zst"],
              },
            },
          ],
        },
        {
          name: "team",
          source: "111111111111.dkr.ecr.eu-central-1.amazonaws.com/team/*",
          destination: "222222222222.dkr.ecr.eu-central-1.amazonaws.com/mirror/team/*",
          sourceRoleArn: "arn:aws:iam::111111111111:role/PullImages",
          destinationRoleArn: "arn:aws:iam::222222222222:role/CustomEcrRole",
          tags: { exclude: ["*-dev"] },
          createRepository: true,
          prune: { maxDeletes: "10%" },
          alarmAfterHours: 26,
          triggers: [
            { schedule: { expression: "cron(0 3 * * ? *)", timezone: "Europe/Berlin", flexibleMinutes: 15 } },
            { ecrPush: true },
          ],
        },
      ],
    });
  });

  test("tells editors its schema", () => {
    expect(shipped).toMatch(/^# yaml-language-server: \$schema=docs\/replication\.schema\.json\n/);
  });
});

describe("the published schema", () => {
  const json = JSON.parse(readFileSync("docs/replication.schema.json", "utf8"));
  const schema = z.fromJSONSchema(json);
  const value = readYaml(shipped).value as { rules: [{ triggers: [{ s3: object }] }] };
  const [rule] = value.rules;

  test("takes the file as it ships", () => {
    expect(schema.safeParse(value).error).toBeUndefined();
  });

  test.each([
    { ...value, colour: "red" },
    { ...value, rules: [{ ...rule, mode: "plan" }] },
    { ...value, rules: [{ ...rule, triggers: [{ cron: "daily" }] }] },
    { ...value, rules: [{ ...rule, triggers: [{ s3: { ...rule.triggers[0].s3, sufix: ".tar" } }] }] },
    { ...value, rules: [{ ...rule, triggers: [] }] },
    { ...value, pipelineAccount: 333333333333 },
    { ...value, region: undefined },
  ])("refuses %j", (other) => {
    expect(schema.safeParse(JSON.parse(JSON.stringify(other))).success).toBe(false);
  });

  test("explains every field", () => {
    const unexplained = (node: Record<string, unknown>, path: string): string[] => {
      const items = node["items"] ? unexplained(node["items"] as Record<string, unknown>, `${path}[]`) : [];
      const fields = Object.entries((node["properties"] ?? {}) as Record<string, Record<string, unknown>>);
      return [
        ...items,
        ...fields.flatMap(([name, field]) => [
          ...(field["description"] ? [] : [`${path}.${name}`]),
          ...unexplained(field, `${path}.${name}`),
        ]),
      ];
    };
    expect(unexplained(json, "")).toEqual([]);
  });
});

describe("a replication.yaml", () => {
  test.each([
    settings,
    `${settings}externalId: from-team-a\n`,
    `${settings}operatorArn: arn:aws:iam::333333333333:role/Platform\n`,
    settings.replace("eu-central-1", "us-gov-west-1"),
    settings.replace("eu-central-1", "eusc-de-east-1"),
    settings.replace("111111111111", "333333333333"),
    `${settings}sourceBuckets: []\nrules: []\n`,
    `${settings}createRepositories: false\nsecrets: []\n`,
    `${settings}secrets: [arn:aws:secretsmanager:eu-west-1:444444444444:secret:a/b-AbCdEf]\n`,
  ])("may be %j", (text) => {
    expect(parse(text)).toEqual(readYaml(text).value);
  });

  test.each([
    ["[]", "replication.yaml:1:1: expected an object with fields, and it is a list"],
    ["text", "replication.yaml:1:1: expected an object with fields, and it is a text"],
    ["", "replication.yaml:1:1: it has 0 YAML documents instead of one"],
    [`${settings}\tx: 1`, "replication.yaml:5:1: tab characters"],
    [`${settings}region: eu-west-1`, "replication.yaml:5:1: duplicated mapping key"],
    [
      `${settings}colour: red`,
      "replication.yaml:5:1: colour: no such field; the fields are region, pipelineAccount",
    ],
    [
      settings.replaceAll('"', ""),
      "replication.yaml:2:1: pipelineAccount: 333333333333 is a number; put it in quotes",
    ],
    [
      settings.replace("333333333333", "33333333333"),
      "2:1: pipelineAccount: '33333333333' is not an account id",
    ],
    [settings.replace("eu-central-1", "Frankfurt"), "1:1: region: 'Frankfurt' is not a Region, such as"],
    [settings.replace(/region.*\n/, ""), "1:1: region: is required"],
    [`${settings}operatorArn: Platform`, "5:1: operatorArn: 'Platform' is not the ARN of a role or user"],
    [
      `${settings}operatorArn: arn:aws:iam::444444444444:role/Platform`,
      "5:1: operatorArn: 'arn:aws:iam::444444444444:role/Platform' is not in the pipelineAccount, 333333333333",
    ],
    [`${settings}externalId: x`, "5:1: externalId: 'x' is not 2 to 1224"],
    [`${settings}sourceBuckets: my-bucket`, "5:1: sourceBuckets: expected a list, and it is a text"],
    [
      `${settings}sourceBuckets:\n  - ok-bucket\n  - s3://my-bucket`,
      "7:5: sourceBuckets.1: 's3://my-bucket' is not a bucket name",
    ],
    [
      `${settings}createRepositories: yes`,
      "5:1: createRepositories: expected true or false, and it is a text",
    ],
    [
      `${settings}secrets:\n  - arn:aws:secretsmanager:eu-west-1:444444444444:secret:a\n  - docker-hub`,
      "7:5: secrets.1: 'docker-hub' is no secret's ARN; expected arn:aws:secretsmanager:",
    ],
    [
      `${settings}secrets: [arn:aws:secretsmanager:eu-west-1:444444444444:secret:*]`,
      "5:11: secrets.0: 'arn:",
    ],
    [`${settings}inboxBuckets: [My]`, "5:16: inboxBuckets.0: 'My' is not a bucket name"],
    [`${settings}rules:`, "5:1: rules: expected a list, and it is empty"],
    [`${settings}rules:\n  - name: x`, "6:5: rules.0.destination: is required"],
  ])("may not be %j", (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  test("says everything that is wrong, each with its place", () => {
    const rule = `rules:
  - name: In box
    destinaton: app
    triggers:
      - s3: { bucket: inbox, prefx: a }
`;
    expect(() => parse(`${settings.replace("eu-central-1", "Frankfurt")}${rule}`)).toThrow(
      new Error(
        [
          "replication.yaml:1:1: region: 'Frankfurt' is not a Region, such as eu-central-1",
          "replication.yaml:6:5: rules.0.name: 'In box' is no name of a rule; expected 1 to 40 of a-z, 0-9 and '-'",
          "replication.yaml:6:5: rules.0.destination: is required",
          "replication.yaml:9:30: rules.0.triggers.0.s3.prefx: no such field; the fields are bucket, prefix, suffix",
          "replication.yaml:7:5: rules.0.destinaton: no such field; the fields are name, source, destination, sourceRoleArn, destinationRoleArn, sourceExternalId, destinationExternalId, sourceSecretArn, sourceCredentialsSecretArn, destinationCredentialsSecretArn, createRepository, layerCompression, platforms, referrers, tags, untagged, concurrency, mustSelect, prune, alarmAfterHours, triggers",
        ].join("\n"),
      ),
    );
  });
});

describe("an externalId", () => {
  const team = (fields: string) => `${settings}externalId: from-team-a
rules:
  - name: team
    source: 111111111111.dkr.ecr.eu-central-1.amazonaws.com/team/*
    destination: 222222222222.dkr.ecr.eu-central-1.amazonaws.com/mirror/*
${fields}`;
  const roles = `    sourceRoleArn: arn:aws:iam::111111111111:role/PullImages
    destinationRoleArn: arn:aws:iam::222222222222:role/CustomEcrRole
`;

  test("has to be in every rule that names a role of the app", () => {
    expect(() => parse(team(roles))).toThrow(
      new Error(
        [
          "replication.yaml:7:5: rules.0.sourceExternalId: is required: the role PullImages takes only who carries the externalId 'from-team-a'",
          "replication.yaml:7:5: rules.0.destinationExternalId: is required: the role CustomEcrRole takes only who carries the externalId 'from-team-a'",
        ].join("\n"),
      ),
    );
  });

  test("has to be the same there", () => {
    const ids = "    sourceExternalId: from-team-b\n    destinationExternalId: from-team-a\n";
    expect(() => parse(team(roles + ids))).toThrow(
      new Error(
        "replication.yaml:12:5: rules.0.sourceExternalId: 'from-team-b' is another: the role PullImages takes only who carries the externalId 'from-team-a'",
      ),
    );
  });

  test.each([
    "",
    roles.replaceAll("role/", "role/other/"),
    roles.replace("111111111111", "444444444444").replace("CustomEcrRole", "Writer"),
    `${roles}    sourceExternalId: from-team-a\n    destinationExternalId: from-team-a\n`,
  ])("is not asked of other roles, nor of a rule that has it: %j", (fields) => {
    expect(() => parse(team(fields))).not.toThrow();
  });
});

describe("the app", () => {
  const folder = mkdtempSync(join(tmpdir(), "replication-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("is told by the name of the file what is wrong in it", () => {
    const file = join(folder, "other.yaml");
    writeFileSync(file, settings.replace("region", "regoin"));
    expect(() => readReplicationFile(file)).toThrow(/other\.yaml:1:1: regoin: no such field/);
  });

  test("is told when there is no such file, or none that can be read", () => {
    expect(() => readReplicationFile(join(folder, "absent.yaml"))).toThrow(
      `config: there is no file ${join(folder, "absent.yaml")}; expected one such as replication.yaml`,
    );
    expect(() => readReplicationFile(folder)).toThrow(`config: the file ${folder} cannot be read (EISDIR)`);
  });
});
