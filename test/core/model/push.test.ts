import fc from "fast-check";
import { type Push, pushedRule, pushWindow, startOf } from "../../../core/model/push.ts";
import { parseRequest } from "../../../core/model/request.ts";
import type { RepositoryRule } from "../../../core/model/rule.ts";
import { parseRun } from "../../../core/model/run.ts";

const source = "111111111111.dkr.ecr.eu-central-1.amazonaws.com";
const destination = "222222222222.dkr.ecr.eu-central-1.amazonaws.com";
const rule: RepositoryRule = {
  name: "team",
  source: `${source}/team/*`,
  destination: `${destination}/mirror/team/*`,
  sourceRoleArn: "arn:aws:iam::111111111111:role/PullImages",
  createRepository: true,
};
const push: Push = {
  account: "111111111111",
  region: "eu-central-1",
  repository: "team/app",
  tag: "1.0",
  time: "2026-11-23T07:30:13Z",
};
const signature = `sha256-${"a".repeat(64)}.sig`;

function started(fields: Partial<RepositoryRule>, pushed: Partial<Push> = {}) {
  return startOf(pushedRule({ ...rule, ...fields }), { ...push, ...pushed });
}

function nameAfter(seconds: number, pushed: Partial<Push> = {}): string | undefined {
  const time = new Date(Date.parse("2026-11-23T07:30:00Z") + seconds * 1000).toISOString();
  return started({}, { ...pushed, time })?.name;
}

describe("a push", () => {
  test("starts a copy of the image under its tag, which then stands for what was pushed last", () => {
    const start = started({});
    expect(start).toEqual({
      machine: "ReplicateImage",
      name: expect.stringMatching(/^team-[0-9a-f]{32}$/),
      input: {
        rule: "team",
        source: `${source}/team/app:1.0`,
        destination: `${destination}/mirror/team/app:1.0`,
        sourceRoleArn: "arn:aws:iam::111111111111:role/PullImages",
        createRepository: true,
      },
    });
    expect(parseRequest(start?.input)).toEqual(start?.input);
  });

  test("starts nothing where the rule's filter has other names", () => {
    expect(started({ tags: { exclude: ["1.*"] } })).toBeUndefined();
    expect(started({ tags: { include: ["v*"] } })).toBeUndefined();
    expect(started({ tags: { semver: ">=2" } })).toBeUndefined();
    expect(started({ tags: { include: ["1.*"], exclude: ["*-dev"], semver: "<2" } })).toBeDefined();
  });

  test("starts nothing by digest, nor in a repository that the rule does not name", () => {
    expect(started({ untagged: true }, { tag: "" })).toBeUndefined();
    for (const repository of ["team/", "teams/app", "app", "mirror/team/app"]) {
      expect(started({}, { repository })).toBeUndefined();
    }
  });

  test.each([{ newest: 3 }, { newest: 3, semver: ">=1" }, { pushedSince: "30d" }])(
    "starts a run of its repository where its name does not tell whether it is selected: %j",
    (tags) => {
      const start = started({
        tags,
        prune: true,
        mustSelect: true,
        alarmAfterHours: 26,
        concurrency: 7,
        triggers: [{ ecrPush: true }],
      });
      expect(start).toEqual({
        machine: "ReplicateImages",
        name: expect.stringMatching(/^team-[0-9a-f]{32}$/),
        input: {
          ...rule,
          source: `${source}/team/app`,
          destination: `${destination}/mirror/team/app`,
          tags,
          concurrency: 7,
          part: true,
        },
      });
      expect(parseRun(start?.input)).toEqual(start?.input);
    },
  );

  test("of a signature starts a run, which finds the image that it is of, whatever the filter says of its tag", () => {
    const start = started({ tags: { include: ["v*"] } }, { tag: signature });
    expect(start).toMatchObject({ machine: "ReplicateImages", input: { source: `${source}/team/app` } });
    expect(started({ referrers: true }, { tag: signature })?.machine).toBe("ReplicateImages");
  });

  test("of the index of artifacts under the fallback tag starts a run only where that looks at each image", () => {
    const fallback = { tag: `sha256-${"a".repeat(64)}` };
    expect(started({}, fallback)).toBeUndefined();
    expect(started({ referrers: true }, fallback)?.machine).toBe("ReplicateImages");
  });

  test("of a signature starts nothing for a rule that leaves signatures behind", () => {
    expect(started({ referrers: false }, { tag: signature })).toBeUndefined();
  });

  test("starts nothing by its name where newer ones count but the name is filtered out already", () => {
    expect(started({ tags: { newest: 3, exclude: ["1.*"] } })).toBeUndefined();
  });

  test("to where the rule writes is refused", () => {
    const pushed = { account: "222222222222", repository: "mirror/team/app" };
    expect(() => started({}, pushed)).toThrow(
      expect.objectContaining({
        name: "RequestInvalid",
        message: "the rule 'team' writes to mirror/team/app, so a push there does not start it",
      }),
    );
    expect(started({}, { ...pushed, region: "us-east-1" })).toBeUndefined();
  });

  test("at no time is refused", () => {
    expect(() => started({}, { time: "soon" })).toThrow(
      "'soon' is no time; expected one such as 2026-01-31T06",
    );
  });
});

describe("the name of an execution", () => {
  test("is the same for all pushes of a tag in one window, and another in the next", () => {
    expect(nameAfter(0)).toBe(nameAfter(pushWindow - 1));
    expect(nameAfter(pushWindow)).not.toBe(nameAfter(pushWindow - 1));
    expect(nameAfter(pushWindow)).toBe(nameAfter(pushWindow + 0.5));
  });

  test("differs by repository and by tag, whichever character is between them", () => {
    const names = [
      nameAfter(0),
      nameAfter(0, { tag: "1.1" }),
      nameAfter(0, { repository: "team/app2" }),
      nameAfter(0, { repository: "team/app2", tag: "1" }),
    ];
    expect(new Set(names).size).toBe(4);
  });

  test("of a run is the same for all tags of a repository in one window", () => {
    const name = (tag: string) => started({ tags: { newest: 1 } }, { tag })?.name;
    expect(name("1")).toBe(name("2"));
    expect(name("1")).toBe(name(signature));
  });

  test("has 80 characters at most", () => {
    expect(started({ name: "r".repeat(40) })?.name.length).toBeLessThanOrEqual(80);
  });
});

describe("a storm of pushes", () => {
  const seconds = fc.array(fc.double({ min: 0, max: 60, noNaN: true }), { minLength: 100, maxLength: 100 });

  test("of one tag within a minute starts three executions at most", () => {
    fc.assert(
      fc.property(seconds, (times) => {
        expect(new Set(times.map((at) => nameAfter(at))).size).toBeLessThanOrEqual(3);
      }),
    );
  });

  test("never starts its last execution before its last push, in whichever order the events come", () => {
    const delays = fc.array(fc.double({ min: 0, max: 600, noNaN: true }), { minLength: 100, maxLength: 100 });
    fc.assert(
      fc.property(seconds, delays, (times, late) => {
        // Each event comes after the wait in the queue, some later still; the first of a name starts the execution.
        const startedAt = new Map<string | undefined, number>();
        for (const [index, at] of times.entries()) {
          const name = nameAfter(at);
          const handled = at + pushWindow + (late[index] ?? 0);
          startedAt.set(name, Math.min(startedAt.get(name) ?? Number.POSITIVE_INFINITY, handled));
        }
        expect(Math.max(...startedAt.values())).toBeGreaterThanOrEqual(Math.max(...times));
        for (const at of times) expect(startedAt.get(nameAfter(at))).toBeGreaterThan(at);
      }),
    );
  });
});
