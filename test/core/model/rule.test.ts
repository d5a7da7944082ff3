import { requestFields } from "../../../core/model/request.ts";
import {
  hasRepositories,
  type Rule,
  requestFieldsOf,
  ruleDefinition,
  ruleProblems,
} from "../../../core/model/rule.ts";
import { anyRepository, hosts, oneRepository } from "../../fakes/rule-run.ts";

const inbox: Rule = {
  name: "inbox",
  destination: `${hosts.destination}/{basename}:latest`,
  destinationRoleArn: "arn:aws:iam::222222222222:role/CustomEcrRole",
  triggers: [{ s3: { bucket: "replication-inbox", prefix: "images/", suffix: [".tar", ".tar.gz"] } }],
};
const schedule = { expression: "cron(0 3 * * ? *)", timezone: "Europe/Berlin", flexibleMinutes: 15 };

function problems(...rules: unknown[]): string[] {
  return ruleProblems(rules).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

function withTrigger(s3: unknown): unknown {
  return { ...inbox, triggers: [{ s3 }] };
}

test("a rule has a request's fields but the mode, and its own", () => {
  const own = [
    "name",
    "tags",
    "untagged",
    "concurrency",
    "mustSelect",
    "prune",
    "alarmAfterHours",
    "triggers",
  ];
  const fields = requestFields.filter((field) => field !== "rule" && field !== "mode");
  expect(Object.keys(ruleDefinition.shape).sort()).toEqual([...fields, ...own].sort());
});

describe("a rule", () => {
  const accepted: unknown[] = [
    inbox,
    { ...inbox, name: "a" },
    { ...inbox, name: "0-".repeat(20) },
    { ...inbox, layerCompression: "zstd" },
    { ...inbox, sourceRoleArn: "arn:aws:iam::111111111111:role/PullImages", sourceExternalId: "team-a" },
    { ...inbox, destination: `${hosts.destination}/{name}` },
    withTrigger({ bucket: "inbox" }),
    withTrigger({ bucket: "inbox", prefix: "a/" }),
    withTrigger({ bucket: "inbox", suffix: ".tar" }),
    withTrigger({ bucket: "inbox", prefix: "p".repeat(1024) }),
    { ...inbox, triggers: [{ s3: { bucket: "one" } }, { s3: { bucket: "two" } }] },
    oneRepository,
    anyRepository,
    { ...anyRepository, triggers: [{ schedule }] },
    { ...anyRepository, triggers: [{ ecrPush: true }, { schedule: { expression: "rate(1 hour)" } }] },
    { ...anyRepository, tags: { include: ["v*"], exclude: ["/-rc/i"], newest: 10, pushedSince: "30d" } },
    { ...anyRepository, source: "ghcr.io/team/*", tags: { semver: "^1.4", newest: 3 } },
    { ...anyRepository, untagged: true, concurrency: 1, mustSelect: true, alarmAfterHours: 1 },
    { ...anyRepository, untagged: false, concurrency: 1_000, mustSelect: false, alarmAfterHours: 168 },
    { ...anyRepository, createRepository: { like: "source" }, referrers: false, platforms: ["linux/arm64"] },
    { ...anyRepository, prune: true },
    { ...anyRepository, prune: {} },
    { ...anyRepository, prune: { maxDeletes: 0 } },
    { ...anyRepository, prune: { maxDeletes: 100_000, protect: ["latest"] } },
    ...[true, false].map((repositories) => ({ ...anyRepository, prune: { repositories } })),
    ...["0%", "10%", "99%", "100%"].map((maxDeletes) => ({ ...anyRepository, prune: { maxDeletes } })),
  ];
  test.each(accepted)("may be %j", (value) => {
    expect(problems(value)).toEqual([]);
  });

  const noCount = "is neither a whole number from 0 to 100,000 nor a percentage from 0% to 100%";
  const noPrune = "0.prune: expected true, or settings such as { maxDeletes: 10%, protect: [latest] }";
  const refused: [unknown, string][] = [
    ["inbox", "0: expected an object with fields, and it is a text"],
    [null, "0: expected an object with fields, and it is empty"],
    [{ ...inbox, name: undefined }, "0.name: is required"],
    [{ ...inbox, name: 7 }, "0.name: 7 is a number; put it in quotes"],
    [{ ...inbox, name: "" }, "0.name: '' is no name of a rule; expected 1 to 40 of a-z, 0-9 and '-'"],
    [{ ...inbox, name: "In box" }, "0.name: 'In box' is no name"],
    [{ ...inbox, name: "a".repeat(41) }, "is no name of a rule"],
    [{ ...inbox, destination: "app" }, "0.destination: 'app' is no image in ECR"],
    [{ ...inbox, destination: `${hosts.destination}/{nam}` }, "0.destination: has the placeholder {nam}"],
    [{ ...inbox, destinationRoleArn: "Role" }, "0.destinationRoleArn: 'Role' is no role ARN"],
    [{ ...inbox, mode: "plan" }, "0.mode: no such field; the fields are name, source, destination"],
    [{ ...inbox, rule: "inbox" }, "0.rule: no such field"],
    [{ ...inbox, triggers: [] }, "0.triggers: is empty; leave it out if the rule is started by hand only"],
    [{ ...inbox, triggers: { s3: {} } }, "0.triggers: expected a list, and it is an object with fields"],
    [{ ...inbox, triggers: [{}] }, "0.triggers.0: expected exactly one of s3, schedule and ecrPush"],
    [
      { ...inbox, triggers: [{ cron: "x" }] },
      "0.triggers.0.cron: no such field; the fields are s3, schedule",
    ],
    [
      { ...anyRepository, triggers: [{ ecrPush: true, schedule }] },
      "0.triggers.0: expected exactly one of s3, schedule and ecrPush",
    ],
    [{ ...anyRepository, triggers: [{ ecrPush: false }] }, "0.triggers.0.ecrPush: expected true"],
    [
      { ...anyRepository, triggers: [{ schedule: { expression: "cron(0 3 * * *)" } }] },
      "0.triggers.0.schedule.expression: 'cron(0 3 * * *)' has 5 fields; expected six: minutes hours",
    ],
    [
      { ...anyRepository, triggers: [{ schedule: { ...schedule, timezone: "Mars" } }] },
      "0.triggers.0.schedule.timezone: 'Mars' is no time zone",
    ],
    [{ ...anyRepository, triggers: [{ schedule: "daily" }] }, "0.triggers.0.schedule: expected an object"],
    [withTrigger({}), "0.triggers.0.s3.bucket: is required"],
    [withTrigger({ bucket: "In_box" }), "0.triggers.0.s3.bucket: 'In_box' is no bucket name: 3 to 63"],
    [withTrigger({ bucket: "inbox", prefix: "" }), "0.triggers.0.s3.prefix: is empty; leave it out"],
    [withTrigger({ bucket: "inbox", suffix: [] }), "0.triggers.0.s3.suffix: is empty; leave it out"],
    [withTrigger({ bucket: "inbox", suffix: 7 }), "0.triggers.0.s3.suffix: expected the end of a key"],
    [
      withTrigger({ bucket: "inbox", prefix: "p".repeat(1025) }),
      "0.triggers.0.s3.prefix: is longer than a key, 1,024 characters",
    ],
    [withTrigger({ bucket: "inbox", suffix: [""] }), "0.triggers.0.s3.suffix.0: is empty; leave it out"],
    [withTrigger({ bucket: "inbox", sufix: ".tar" }), "0.triggers.0.s3.sufix: no such field"],
    [{ ...anyRepository, tags: { include: "v*" } }, "0.tags.include: expected a list, and it is a text"],
    [{ ...anyRepository, tags: { include: ["a b"] } }, "0.tags.include.0: 'a b' has ' ', which no tag has"],
    [{ ...anyRepository, tags: { only: "v*" } }, "0.tags.only: no such field; the fields are include"],
    [{ ...anyRepository, untagged: "yes" }, "0.untagged: expected true or false, and it is of type string"],
    [{ ...anyRepository, mustSelect: 1 }, "0.mustSelect: expected true or false"],
    [{ ...anyRepository, concurrency: 0 }, "0.concurrency: '0' is not a whole number from 1 to 1,000"],
    [{ ...anyRepository, concurrency: 1_001 }, "'1001' is not a whole number from 1 to 1,000"],
    [{ ...anyRepository, concurrency: 1.5 }, "'1.5' is not a whole number from 1 to 1,000"],
    [
      { ...anyRepository, alarmAfterHours: 169 },
      "0.alarmAfterHours: '169' is not a whole number from 1 to 168",
    ],
    ...[false, "yes", [], null, 10].map((prune): [unknown, string] => [{ ...anyRepository, prune }, noPrune]),
    ...[-1, 100_001, 1.5, "5", "101%", "1.5%", "-1%", "010%", null].map((maxDeletes): [unknown, string] => [
      { ...anyRepository, prune: { maxDeletes } },
      `0.prune.maxDeletes: '${maxDeletes}' ${noCount}`,
    ]),
    [
      { ...anyRepository, prune: { maxDelete: 5 } },
      "0.prune.maxDelete: no such field; the fields are maxDeletes",
    ],
    [
      { ...anyRepository, prune: { protect: "latest" } },
      "0.prune.protect: expected a list, and it is a text",
    ],
    [{ ...anyRepository, prune: { protect: ["a/b"] } }, "0.prune.protect.0: 'a/b' has '/', which no tag has"],
    ...["yes", 1, null].map((repositories): [unknown, string] => [
      { ...anyRepository, prune: { repositories } },
      "0.prune.repositories: expected true or false",
    ]),
    [{ ...anyRepository, source: 5 }, "0.source: expected a string, and it is of type number"],
    [{ ...anyRepository, createRepository: { scan: true } }, "0.createRepository.scan: no such field"],
    [{ ...anyRepository, destination: undefined }, "0.destination: is required"],
  ];
  test.each(refused)("may not be %j", (value, message) => {
    expect(problems(value)).toEqual(expect.arrayContaining([expect.stringContaining(message)]));
  });

  test("is checked together with all others, and every problem is said", () => {
    expect(problems({ ...inbox, name: "A", colour: "red" }, { ...anyRepository, triggers: [] })).toEqual([
      expect.stringMatching(/^0\.name: /),
      expect.stringMatching(/^0\.colour: /),
      expect.stringMatching(/^1\.triggers: /),
    ]);
  });

  test.each([undefined, null, 5, "rules", { name: "a" }])("is one of a list, which %j is not", (rules) => {
    expect(ruleProblems(rules)).toHaveLength(1);
  });
});

test("what the requests of a rule have in common is its name and their own fields, not where from and where to", () => {
  const rule: Rule = {
    ...anyRepository,
    referrers: true,
    platforms: ["linux/amd64"],
    tags: {},
    prune: true,
    concurrency: 5,
    alarmAfterHours: 2,
  };
  expect(requestFieldsOf(rule)).toEqual({ rule: "team", referrers: true, platforms: ["linux/amd64"] });
});

test("a rule is for repositories when it has a source", () => {
  expect([hasRepositories(anyRepository), hasRepositories(inbox)]).toEqual([true, false]);
});
