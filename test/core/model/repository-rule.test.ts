import fc from "fast-check";
import {
  imageRequest,
  isPattern,
  mappingOf,
  pairFrom,
  pairTo,
  type RepositoryPair,
} from "../../../core/model/repository-rule.ts";
import { destinationOf, parseRequest, requestFields } from "../../../core/model/request.ts";
import { parseRun, type Run } from "../../../core/model/run.ts";
import { anyRepository, hosts, oneRepository } from "../../fakes/rule-run.ts";

const digest = `sha256:${"a".repeat(64)}`;

function mapped(source: string, destination: string) {
  return mappingOf({
    name: "a",
    source: `${hosts.source}/${source}`,
    destination: `${hosts.destination}/${destination}`,
  });
}

describe("a pair of repositories", () => {
  const cases: [string, string, string, string][] = [
    ["team/*", "mirror/*", "team/app", "mirror/app"],
    ["team/*", "mirror/*", "team/a/b", "mirror/a/b"],
    ["*", "mirror/*", "app", "mirror/app"],
    ["*", "*", "team/app", "team/app"],
    ["*/prod", "*", "app/prod", "app"],
    ["team/*-api", "apis/*/v1", "team/x-api", "apis/x/v1"],
    ["team/app", "mirror/other", "team/app", "mirror/other"],
  ];
  test.each(cases)("of %s and %s: %s is copied to %s", (from, to, source, destination) => {
    const mapping = mapped(from, to);
    expect(pairFrom(mapping, source)).toEqual({ source, destination });
    expect(pairTo(mapping, destination)).toEqual({ source, destination });
  });

  test.each(["team", "team/", "teams/app", "x/team/app", ""])("has no %j", (name) => {
    expect(pairFrom(mapped("team/*", "mirror/*"), name)).toBeUndefined();
    expect(pairTo(mapped("mirror/*", "team/*"), name)).toBeUndefined();
  });

  test("is of a pattern, or of one name", () => {
    expect([isPattern(mappingOf(anyRepository)), isPattern(mappingOf(oneRepository))]).toEqual([true, false]);
  });

  test("leads back to where it came from", () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,5}$/);
    fc.assert(
      fc.property(fc.array(part, { minLength: 5, maxLength: 5 }), ([a, b, c, d, name = ""]) => {
        const mapping = mapped(`${a}/*/${b}`, `${c}-*-${d}`);
        const pair = pairFrom(mapping, `${a}/${name}/${b}`);
        expect(pairTo(mapping, pair?.destination ?? "")).toEqual(pair);
      }),
    );
  });
});

describe("the request for an image of a rule", () => {
  const pair = { source: "team/app", destination: "mirror/app" };
  const full: Run = {
    ...anyRepository,
    sourceRoleArn: "arn:aws:iam::111111111111:role/PullImages",
    sourceExternalId: "one",
    destinationRoleArn: "arn:aws:iam::222222222222:role/CustomEcrRole",
    destinationExternalId: "other",
    createRepository: { imageTagMutability: "IMMUTABLE" },
    platforms: ["linux/amd64"],
    referrers: false,
    mode: "plan",
  };

  test("has the rule's name, its fields that requests have, and no other", () => {
    const rest: Run = {
      ...full,
      tags: { include: ["v*"] },
      untagged: true,
      concurrency: 5,
      mustSelect: true,
      prune: true,
      alarmAfterHours: 5,
      triggers: [{ ecrPush: true }],
    };
    const { name, ...fields } = full;
    expect(imageRequest(rest, mappingOf(rest), pair, { tag: "v1", digest })).toEqual({
      ...fields,
      rule: name,
      source: `${hosts.source}/team/app:v1`,
      destination: `${hosts.destination}/mirror/app:v1`,
    });
  });

  test("of an image without a tag is by its digest, and puts it without a tag", () => {
    const request = imageRequest(anyRepository, mappingOf(anyRepository), pair, { digest });
    expect(request).toEqual({
      rule: "team",
      source: `${hosts.source}/team/app@${digest}`,
      destination: `${hosts.destination}/mirror/app`,
    });
    expect(destinationOf(parseRequest(request)).tag).toBeUndefined();
  });

  test("keeps the hosts as the rule has them", () => {
    const source = "111111111111.dkr.ecr-fips.us-east-1.amazonaws.com";
    const destination = "222222222222.dkr-ecr.eu-central-1.on.aws";
    const rule: Run = { name: "a", source: `${source}/team/*`, destination: `${destination}/mirror/*` };
    expect(imageRequest(rule, mappingOf(rule), pair, { tag: "1" })).toMatchObject({
      source: `${source}/team/app:1`,
      destination: `${destination}/mirror/app:1`,
    });
  });

  test("of Docker Hub is in full", () => {
    const rule: Run = { ...oneRepository, source: "nginx" };
    const hub: RepositoryPair = { source: "library/nginx", destination: "mirror/app" };
    expect(imageRequest(rule, mappingOf(rule), hub, { tag: "1" }).source).toBe("docker.io/library/nginx:1");
  });

  test("is valid for every valid rule, and has only a request's fields", () => {
    const name = fc.stringMatching(/^[a-z0-9]{2,8}([._-][a-z0-9]{1,4})?(\/[a-z0-9]{1,4})?$/);
    const host = fc.constantFrom(hosts.source, "ghcr.io", "localhost:5000", "docker.io");
    const rules = fc
      .record({
        host,
        from: name,
        to: name,
        more: fc.record(
          {
            referrers: fc.boolean(),
            platforms: fc.constant(["linux/amd64", "linux/arm64"]),
            createRepository: fc.constantFrom(true, { scanOnPush: true }),
            destinationRoleArn: fc.constant("arn:aws:iam::222222222222:role/CustomEcrRole"),
            mode: fc.constantFrom("apply", "plan"),
            concurrency: fc.integer({ min: 1, max: 1_000 }),
            tags: fc.constant({ include: ["v*"] }),
            mustSelect: fc.boolean(),
            prune: fc.constant(true),
          },
          { requiredKeys: [] },
        ),
      })
      .map(({ host: registry, from, to, more }) => ({
        ...more,
        name: "a",
        source: `${registry}/${from}/*`,
        destination: `${hosts.destination}/${to}/*`,
      }));
    const tag = fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/);
    fc.assert(
      fc.property(rules, name, tag, fc.boolean(), (rule, captured, given, isTagged) => {
        const run = parseRun(rule);
        const mapping = mappingOf(run);
        const prefix = mapping.source.repository.name.slice(0, -1);
        const its = pairFrom(mapping, `${prefix}${captured}`);
        if (!its) throw new Error(`${prefix}${captured} does not match`);
        const request = imageRequest(run, mapping, its, isTagged ? { tag: given } : { digest });
        expect(parseRequest(request)).toEqual(request);
        expect(Object.keys(request).filter((field) => !(requestFields as string[]).includes(field))).toEqual(
          [],
        );
        expect(destinationOf(request)).toMatchObject({
          repository: { name: its.destination },
          tag: isTagged ? given : undefined,
        });
      }),
    );
  });
});
