import { pushWindow } from "../../core/model/push.ts";
import type { LocalAws } from "../../local/aws.ts";
import type { Execution } from "../../local/states/executions.ts";
import { imageOf, index } from "../fakes/image.ts";
import { endOf } from "./execution.ts";
import { pushSmall, smallImage } from "./many-images.ts";
import { accounts, machines, region, startPipeline } from "./pipeline.ts";
import {
  createRepository,
  digestOfTag,
  expectCopy,
  nameOf,
  push,
  type Repository,
  tagsOf,
} from "./repository.ts";
import { ruleExecution } from "./rule.ts";

const storm = 100;
const tree = index([imageOf([8, 9], 601), imageOf([8, 10], 602)]);

// The rule `team` of replication.yaml: its source is in another account, whose pushes come by a rule and a bus of their
// own. They wait in the queue for as long as they do on AWS, since what comes of many depends on it: all of them are made
// before the first test, and waited for once.
let aws: LocalAws;
let app: Repository;
let copy: Repository;
/** How many windows the storm was in: one or two, on a machine that is not very slow. */
let windows: number;
beforeAll(async () => {
  aws = await startPipeline({ retryIntervalMillis: undefined });
  app = await createRepository(aws, accounts.source, { name: "team/app" });
  copy = { ...app, account: accounts.destination, name: "mirror/team/app" };
  const unwatched = await createRepository(aws, accounts.source, { name: "other/app" });
  await pushSmall(app, ["unheard-of"]);
  const first = windowNow();
  for (let number = 0; number < storm; number++) await push(app, smallImage(`storm-${number}`), "latest");
  windows = windowNow() - first + 1;
  aws.faults.add({ service: "events", operation: "Deliver", fault: "duplicate", times: 20 });
  await push(app, tree, "tree");
  for (const tag of ["feature-dev", "1.0-dev"]) await push(app, imageOf([8, 11], 603), tag);
  await push(app, imageOf([8, 12], 604));
  await push(unwatched, imageOf([8, 13], 605), "1");
  await aws.settled();
  await Promise.all(started().map(({ ended }) => ended));
});
afterAll(() => aws.stop());

function windowNow(): number {
  return Math.floor(Date.now() / 1000 / pushWindow);
}

/** All executions so far. */
function started(): Execution[] {
  return [machines.ReplicateImage, machines.ReplicateImages].flatMap((name) =>
    aws.states.of(`arn:aws:states:${region}:${accounts.pipeline}:stateMachine:${name}`),
  );
}

/** The images that executions were started for. */
function wanted(): string[] {
  return started().map(({ input }) => JSON.parse(input).source);
}

test("100 pushes of one tag start one execution in each window of theirs at most, and the last image arrives", async () => {
  const ofTag = wanted().filter((source) => source === nameOf(app, ":latest"));
  expect(ofTag.length).toBeGreaterThan(0);
  expect(ofTag.length).toBeLessThanOrEqual(windows);
  const last = smallImage(`storm-${storm - 1}`);
  expect(await digestOfTag(copy, "latest")).toBe(last.root.digest);
  await expectCopy(copy, last);
});

test("an index starts one execution and its parts none, though events come twice", async () => {
  expect(wanted().filter((source) => source === nameOf(app, ":tree"))).toHaveLength(1);
  expect(await digestOfTag(copy, "tree")).toBe(tree.root.digest);
  await expectCopy(copy, tree);
});

test("pushes of tags that the rule leaves out, by digest alone, and to other repositories start nothing", async () => {
  expect([...new Set(wanted())].toSorted()).toEqual([nameOf(app, ":latest"), nameOf(app, ":tree")]);
  expect((await tagsOf(copy)).toSorted()).toEqual(["latest", "tree"]);
});

test("nothing is left in a queue", () => {
  for (const { arn, messages } of aws.queues()) expect({ arn, messages }).toEqual({ arn, messages: [] });
});

test("the schedule brings in step what no event told of", async () => {
  const schedules = (await (await fetch(`${aws.endpoint}/_local/schedules`)).json()) as { name: string }[];
  const { name = "" } = schedules.find((schedule) => schedule.name.includes("team")) ?? {};
  const { report, cause } = ruleExecution(await endOf(aws, aws.runSchedule(name)));
  expect({ cause, report }).toMatchObject({
    cause: undefined,
    report: {
      status: "Replicated",
      rule: "team",
      images: { selected: 3, inSync: 2, copied: 1, failed: 0 },
      tags: { deleted: 0 },
    },
  });
  await expectCopy(copy, smallImage("unheard-of"));
});
