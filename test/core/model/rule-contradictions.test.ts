import { ruleProblems } from "../../../core/model/rule.ts";
import { hosts } from "../../fakes/rule-run.ts";

const inbox = {
  name: "inbox",
  destination: `${hosts.destination}/{basename}:latest`,
  triggers: [{ s3: { bucket: "inbox" } }],
};
const east = "111111111111.dkr.ecr.us-east-1.amazonaws.com";

function problems(...rules: unknown[]): string[] {
  return ruleProblems(rules).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

/** A rule from the source's registry to the destination's, or to and from what is said. */
function rule(source: string, destination: string, more: object = {}): Record<string, unknown> {
  const full = (host: string, text: string) => (/^[^/]*\./.test(text) ? text : `${host}/${text}`);
  return {
    name: "a",
    source: full(hosts.source, source),
    destination: full(hosts.destination, destination),
    ...more,
  };
}

describe("the fields of a rule", () => {
  const form = "expected a repository without a tag";
  const refused: [unknown, string][] = [
    [
      rule("team/*", "mirror/app"),
      "0.destination: needs a *, to stand for what that of the source stands for",
    ],
    [rule("team/app", "mirror/*"), "0.destination: has a *, and the source has none that it could stand for"],
    [rule("*/*", "mirror/*"), `0.source: '${east}/*/*' has 2 *; at most one is accepted`],
    [rule("a/*", "*/*"), `0.destination: '${hosts.destination}/*/*' has 2 *; at most one is accepted`],
    [
      rule("*.dkr.ecr.us-east-1.amazonaws.com/app", "app"),
      "0.source: '*.dkr.ecr.us-east-1.amazonaws.com/app' has its * before the first /, where the registry's host is",
    ],
    [rule("team/-*", "mirror/*"), "0.source: 'team/-*' is no ECR repository name"],
    [rule("team/*", "mirror/-*"), "0.destination: 'mirror/-*' is no ECR repository name"],
    [rule("team/app:1", "app"), `0.source: '${east}/team/app:1' names one image; ${form}`],
    [rule(`team/app@sha256:${"0".repeat(64)}`, "app"), "names one image"],
    [rule("docker.io/library/nginx:1.27", "app"), "0.source: 'docker.io/library/nginx:1.27' names one image"],
    [rule("team/*:1", "app/*"), `0.source: '${east}/team/*:1' names one image`],
    [rule("team/app", "app:1"), `0.destination: '${hosts.destination}/app:1' names one image; ${form}`],
    [rule("team/*", "mirror/*:1"), `0.destination: '${hosts.destination}/mirror/*:1' names one image`],
    [
      rule("team/app", "{name}"),
      `0.destination: '${hosts.destination}/{name}' has placeholders, which stand for what an uploaded archive is called`,
    ],
    [rule("team/app", "app:{tag}"), "has placeholders"],
    [
      { ...rule("a/b", "app"), source: "s3://bucket/app.tar" },
      "0.source: 's3://bucket/app.tar' is an archive",
    ],
    [
      rule("team/app", "app", { triggers: [{ s3: { bucket: "inbox" } }] }),
      "0.triggers.0.s3: an upload is a source itself; leave the rule's source out",
    ],
    [{ ...inbox, triggers: undefined }, "0.source: is required, unless uploads start the rule"],
    [
      { ...inbox, destination: `${hosts.destination}/*` },
      "0.source: is required, since the destination has a *",
    ],
    [
      { ...inbox, triggers: [{ s3: { bucket: "inbox" } }, { schedule: { expression: "rate(1 day)" } }] },
      "0.triggers.1.schedule: is used only with a source",
    ],
    [{ ...inbox, triggers: [{ ecrPush: true }] }, "0.triggers.0.ecrPush: is used only with a source"],
    ...[
      { tags: {} },
      { untagged: true },
      { concurrency: 5 },
      { mustSelect: true },
      { prune: true },
      { alarmAfterHours: 5 },
    ].map((field): [unknown, string] => [
      { ...inbox, ...field },
      `0.${Object.keys(field)[0]}: is used only with a source`,
    ]),
    [{ ...inbox, sourceExternalId: "team-a" }, "0.sourceExternalId: is used only with sourceRoleArn"],
    [
      { ...inbox, destinationRoleArn: "arn:aws-cn:iam::222222222222:role/CustomEcrRole" },
      "is of another partition than the destination",
    ],
    [
      rule("team/app", "app", { layerCompression: "gzip" }),
      "0.layerCompression: is used only with an archive in S3",
    ],
    [
      rule("docker.io/team/app", "app", { sourceRoleArn: "arn:aws:iam::111111111111:role/Pull" }),
      "0.sourceRoleArn: is used only with ECR and S3",
    ],
    [
      rule("team/app", "app", { prune: { repositories: true } }),
      "0.prune.repositories: is used only with a source that has a *",
    ],
    [
      rule("ghcr.io/team/*", "mirror/*", { createRepository: { like: "source" } }),
      "0.createRepository.like: there are only settings to copy where the source is in ECR",
    ],
  ];
  test.each(refused)("do not go together in %j", (value, message) => {
    expect(problems(value)).toEqual(expect.arrayContaining([expect.stringContaining(message)]));
  });

  const tellsOnlyEcr: [object, string][] = [
    [
      { untagged: true },
      "0.untagged: which images have no tag is told by ECR alone, and the source is in ghcr.io",
    ],
    [{ tags: { pushedSince: "1d" } }, "0.tags.pushedSince: when an image was pushed is told by ECR alone"],
    [{ tags: { newest: 3 } }, "0.tags.newest: when an image was pushed is told by ECR alone"],
    [{ triggers: [{ ecrPush: true }] }, "0.triggers.0.ecrPush: the source is in ghcr.io, not in ECR"],
  ];
  test.each(tellsOnlyEcr)("ask of a registry no more than it tells: not %j", (more, message) => {
    expect(problems(rule("ghcr.io/team/app", "app", more))).toEqual([expect.stringContaining(message)]);
    expect(problems(rule("team/app", "app", more))).toEqual([]);
  });

  const schedule = { expression: "rate(1 day)" };
  test.each([[[{ ecrPush: true }]], [[{ ecrPush: true }, { ecrPush: true }]]])(
    "ask for no alarm on runs where none starts by itself: not %j",
    (triggers) => {
      expect(problems(rule("team/*", "mirror/*", { triggers, alarmAfterHours: 26 }))).toEqual([
        "0.alarmAfterHours: looks at runs of the whole rule, and pushes start only what was pushed; add a schedule to triggers",
      ]);
      expect(problems(rule("team/*", "mirror/*", { triggers }))).toEqual([]);
    },
  );

  test.each([[[{ ecrPush: true }, { schedule }]], [[{ schedule }]], [undefined]])(
    "ask for an alarm on runs where a schedule, or who is not known, starts them: %j",
    (triggers) => {
      expect(problems(rule("team/*", "mirror/*", { triggers, alarmAfterHours: 26 }))).toEqual([]);
    },
  );

  test("that prune repositories have a * on both sides, or say that they do not", () => {
    expect(problems(rule("team/*", "mirror/*", { prune: { repositories: true } }))).toEqual([]);
    expect(problems(rule("team/app", "app", { prune: { repositories: false } }))).toEqual([]);
  });

  test("that cannot be read are not said to be wrong twice", () => {
    expect(problems(rule("team/*", "mirror/*", { source: 5 }))).toHaveLength(1);
    expect(problems(rule("team/-", "mirror/*"))).toHaveLength(1);
  });
});

describe("a destination within its own source", () => {
  const fips = "111111111111.dkr.ecr-fips.us-east-1.amazonaws.com";
  const dualStack = "111111111111.dkr-ecr.us-east-1.on.aws";

  const loops: [string, string][] = [
    ["team/app", `${east}/team/app`],
    ["team/*", `${east}/team/mirror/*`],
    ["team/*", `${east}/team/*`],
    ["*", `${east}/mirror/*`],
    ["*", `${fips}/mirror/*`],
    ["*", `${dualStack}/mirror/*`],
    [`${dualStack}/*`, `${fips}/*`],
    ["*/app", `${east}/mirror/*/app`],
    ["team*", `${east}/team-mirror/*`],
  ];
  test.each(loops)("would be copied again: %s to %s", (source, destination) => {
    expect(problems(rule(source, destination))).toEqual([
      expect.stringMatching(/^0\.destination: '.*' lies within the source, '.*' of the same registry/),
    ]);
  });

  const sane: [string, string][] = [
    ["team/*", "team/*"],
    ["*", "*"],
    ["team/*", `${east}/mirror/*`],
    ["team/*", `${east}/team-mirror/*`],
    ["team/*", `${east}/mirror/team/*`],
    ["team/app", `${east}/team/app-copy`],
    ["*", "111111111111.dkr.ecr.eu-central-1.amazonaws.com/*"],
    ["docker.io/library/*", `${east}/library/*`],
  ];
  test.each(sane)("is not found where there is none: %s to %s", (source, destination) => {
    expect(problems(rule(source, destination))).toEqual([]);
  });
});

describe("rules that feed each other", () => {
  const [r, s, t] = ["us-east-1", "eu-central-1", "eu-west-1"].map(
    (region) => `111111111111.dkr.ecr.${region}.amazonaws.com`,
  );
  /** Rules a, b and so on. */
  const named = (...all: [string, string, object?][]) =>
    all.map(([source, destination, more], at) => ({
      ...rule(source, destination, more),
      name: "abcdef"[at],
    }));
  const include = (...patterns: string[]) => ({ tags: { include: patterns } });

  const cycles: [string, ReturnType<typeof named>][] = [
    ["1: 'b' to 'a' to 'b'", named([`${r}/r/*`, `${r}/s/x/*`], [`${r}/s/*`, `${r}/r/y/*`])],
    ["1: 'b' to 'a' to 'b'", named([`${r}/*`, `${s}/*`], [`${s}/*`, `${r}/*`])],
    ["1: 'b' to 'a' to 'b'", named([`${r}/app`, `${s}/app`], [`${s}/app`, `${r}/app`])],
    ["1: 'b' to 'a' to 'b'", named([`${r}/team/app`, `${s}/copy`], [`${s}/*`, `${r}/team/*`])],
    [
      "1: 'b' to 'a' to 'b'",
      named([`${r}/*`, `${s}/*`], [`${s?.replace("dkr.ecr", "dkr.ecr-fips")}/*`, `${r}/mirror/*`]),
    ],
    ["2: 'c' to 'a' to 'b' to 'c'", named([`${r}/*`, `${s}/*`], [`${s}/*`, `${t}/*`], [`${t}/*`, `${r}/*`])],
    ["2: 'c' to 'b' to 'a' to 'c'", named([`${s}/*`, `${t}/*`], [`${r}/*`, `${s}/*`], [`${t}/*`, `${r}/*`])],
    [
      "1: 'b' to 'a' to 'b'",
      named([`${r}/*`, `${s}/*`, include("v*")], [`${s}/*`, `${r}/*`, include("*-1", "dev")]),
    ],
    [
      "1: 'b' to 'a' to 'b'",
      named(
        [`${r}/*`, `${s}/*`, { ...include("a*"), untagged: true }],
        [`${s}/*`, `${r}/*`, { ...include("b*"), untagged: true }],
      ),
    ],
  ];
  test.each(cycles)("are refused once, with the way that images go: %s", (way, rules) => {
    const [at, names] = way.split(": ");
    expect(problems(...rules)).toEqual([
      expect.stringContaining(
        `${at}.destination: what this rule copies would come back to it, from ${names}: `,
      ),
    ]);
  });

  test("are each told of their shortest way", () => {
    const rules = named(
      [`${r}/*`, `${s}/*`],
      [`${s}/*`, `${t}/*`],
      [`${s}/*`, `${r}/*`],
      [`${t}/*`, `${r}/x/*`],
    );
    const found = problems(...rules).filter((text) => text.includes("come back"));
    expect(found).toEqual([
      expect.stringMatching(/^2\.destination: .* from 'c' to 'a' to 'c': /),
      expect.stringMatching(/^3\.destination: .* from 'd' to 'a' to 'b' to 'd': /),
    ]);
  });

  const inbox = (destination: string) => ({
    name: "inbox",
    destination,
    triggers: [{ s3: { bucket: "inbox" } }],
  });
  const chains: [string, Record<string, unknown>[]][] = [
    ["a chain", named([`${r}/*`, `${s}/*`], [`${s}/*`, `${t}/*`])],
    ["a chain to a part of where it began", named([`${r}/a/*`, `${s}/*`], [`${s}/*`, `${r}/b/*`])],
    ["two ways to one end", named([`${r}/*`, `${s}/*`], [`${s}/*`, `${t}/x/*`], [`${r}/*`, `${t}/y/*`])],
    ["other repositories each way", named([`${r}/a/*`, `${s}/a/*`], [`${s}/b/*`, `${r}/b/*`])],
    [
      "other tags each way",
      named([`${r}/*`, `${s}/*`, include("v*")], [`${s}/*`, `${r}/*`, include("dev-*")]),
    ],
    [
      "images without a tag one way",
      named([`${r}/*`, `${s}/*`, { ...include("a*"), untagged: true }], [`${s}/*`, `${r}/*`, include("b*")]),
    ],
    ["another account", named([`${r}/*`, `${s}/*`], [`${s?.replace("1", "2")}/*`, `${r}/*`])],
    ["a registry that is not ECR", named([`${r}/*`, `${s}/*`], ["ghcr.io/team/*", `${r}/team/*`])],
    ["uploads", [...named([`${r}/*`, `${s}/*`]), inbox(`${r}/{basename}:latest`)]],
  ];
  test.each(chains)("are not found in %s", (_, rules) => {
    expect(problems(...rules)).toEqual([]);
  });

  test("are looked for among those alone that can be read", () => {
    const [one, other] = named([`${r}/*`, `${s}/*`], [`${s}/*`, `${r}/*`, { tags: { include: ["a b"] } }]);
    expect(problems(one, other)).toEqual([expect.stringMatching(/^1\.tags\.include\.0: /)]);
    expect(() => problems(one, null, { ...other, source: 5 })).not.toThrow();
  });
});

describe("rules", () => {
  test("have names of their own", () => {
    const [a, b] = [rule("team/a", "a1"), rule("team/b", "b1")];
    expect(
      problems(a, { ...b, name: "b" }, b, { ...b, name: "b", destination: `${hosts.destination}/c1` }),
    ).toEqual(
      expect.arrayContaining([
        "2.name: 'a' is the name of another rule, too",
        "3.name: 'b' is the name of another rule, too",
      ]),
    );
  });

  test("that may write the same tag are told, the later one with the name of the earlier", () => {
    expect(problems(rule("team/a", "app"), rule("team/b", "app", { name: "b" }))).toEqual([
      "1.destination: the rule 'a' may write the same tags of the same repository; give one of them another destination, or both tags.include with patterns that have no tag in common, which regular expressions do not show",
    ]);
  });

  type Pair = [Record<string, unknown>, Record<string, unknown>];
  const include = (...patterns: string[]) => ({ tags: { include: patterns } });
  const upload = (destination: string, s3: object = { bucket: "inbox" }) => ({
    name: "u",
    destination: `${hosts.destination}/${destination}`,
    triggers: [{ s3 }],
  });
  const fips = "222222222222.dkr.ecr-fips.eu-central-1.amazonaws.com";
  const dualStack = "222222222222.dkr-ecr.eu-central-1.on.aws";

  const same: Pair[] = [
    [rule("team/*", "mirror/*"), rule("team/app", "mirror/app")],
    [rule("team/*", "mirror/*"), rule("ghcr.io/x/*", "mirror/x/*")],
    [rule("team/*", "a*"), rule("other/*", "*b")],
    [rule("team/a", "app"), rule("team/b", `${fips}/app`)],
    [rule("team/a", `${dualStack}/app`), rule("team/b", `${fips}/app`)],
    [rule("team/a", "app", include("v*")), rule("team/b", "app", include("*1"))],
    [rule("team/a", "app", include("v*")), rule("team/b", "app")],
    [rule("team/a", "app", include("/^v/")), rule("team/b", "app", include("/^w/"))],
    [rule("team/a", "app", include("latest")), rule("team/b", "app", include("latest", "x"))],
    [rule("team/a", "app"), upload("app:latest")],
    [rule("team/a", "app"), upload("app")],
    [rule("team/a", "app"), upload("{basename}:latest")],
    [rule("team/a", "mirror/app"), upload("{name}:{tag}")],
    [rule("team/a", "mirror/app"), upload("mirror/{basename}:{tag}")],
    [rule("team/*", "mirror/*"), upload("{key}:1")],
    [rule("team/a", "app", include("v*")), upload("{basename}:v{tag}")],
    [upload("app:latest"), upload("app:latest", { bucket: "other" })],
    [upload("{basename}:latest"), upload("{basename}:latest")],
    [upload("{name}:{tag}", { bucket: "inbox", prefix: "a/" }), upload("{basename}:1", { bucket: "inbox" })],
    [
      upload("{key}:1", { bucket: "inbox", suffix: ".gz" }),
      upload("{key}:1", { bucket: "inbox", suffix: [".tar.gz", ".x"] }),
    ],
  ];
  test.each(same)("may write the same tag: %j and %j", (one, other) => {
    for (const [first, second] of [
      [one, other],
      [other, one],
    ]) {
      const found = problems(first, { ...second, name: "z" });
      expect(found).toEqual([
        expect.stringMatching(/^1\.destination: the rule '[au]' may write the same tags/),
      ]);
    }
  });

  const different: Pair[] = [
    [rule("team/*", "mirror/*"), rule("team/*", "copies/*")],
    [rule("team/*", "mirror/*"), rule("team/*", "333333333333.dkr.ecr.eu-central-1.amazonaws.com/mirror/*")],
    [rule("team/*", "mirror/*"), rule("team/*", "222222222222.dkr.ecr.eu-west-1.amazonaws.com/mirror/*")],
    [rule("team/a", "app", include("v*")), rule("team/b", "app", include("dev-*", "latest"))],
    [rule("team/a", "app", include("v*")), rule("team/b", "app", { tags: { exclude: ["v*"] } })],
    [rule("team/a", "app", include("1.0")), rule("team/b", "app", { tags: { semver: ">=2" } })],
    [rule("team/*", "mirror/*"), rule("team/a", "mirrors/a")],
    [rule("team/a", "app", include("v*")), upload("app:latest")],
    [rule("team/a", "app", include("v*")), upload("{basename}:r{tag}")],
    [rule("team/a", "mirror/app"), upload("{basename}:latest")],
    [rule("team/a", "mirror/app"), upload("vendor/{name}:{tag}")],
    [upload("{basename}:latest"), upload("{basename}:latest", { bucket: "other" })],
    [
      upload("{name}:{tag}", { bucket: "inbox", prefix: "a/" }),
      upload("{name}:{tag}", { bucket: "inbox", prefix: "b/" }),
    ],
    [
      upload("{key}:1", { bucket: "inbox", suffix: ".tar" }),
      upload("{key}:1", { bucket: "inbox", suffix: [".gz", ".zst"] }),
    ],
    [upload("app:{tag}"), upload("other:{tag}")],
  ];
  test.each(different)("write no tag both: %j and %j", (one, other) => {
    expect(problems(one, { ...other, name: "z" })).toEqual([]);
  });

  const unreadable = [
    { tags: { include: ["a b"] } },
    { tags: { include: 5 } },
    { tags: { semver: "x y z" } },
    { tags: "v*" },
    { destination: 5 },
    { destination: `${hosts.destination}/app:a%b`, source: undefined },
  ];
  test.each(unreadable)("with %j are said to be wrong in that alone", (more) => {
    expect(() => problems(rule("team/a", "app", more), rule("team/b", "app", { name: "b" }))).not.toThrow();
    expect(problems(rule("team/a", "app", more), rule("team/b", "app", { name: "b" }))[0]).toMatch(/^0\./);
  });
});
