import type { DescribeExecutionOutput, DescribeMapRunOutput, HistoryEvent } from "@aws-sdk/client-sfn";
import type { MapRun } from "../../cli/map-run.ts";
import { RunFollower } from "../../cli/run-follower.ts";
import { runView } from "../../cli/run-state-text.ts";

const MiB = 1024 * 1024;
const start = Date.parse("2026-03-01T10:00:00Z");
const running = {
  status: "RUNNING",
  startDate: new Date(start),
  input: JSON.stringify({ name: "team" }),
} as DescribeExecutionOutput;

type Counts = Partial<NonNullable<DescribeMapRunOutput["itemCounts"]>>;

/** A Map Run whose counts may change; each image that is done came to one MiB. */
class FakeMapRun {
  readonly arn: string;
  counts: Counts = {};
  status: DescribeMapRunOutput["status"] = "RUNNING";
  startedAt: number;
  described = 0;
  asked: string[] = [];

  constructor(arn: string, startedAt: number) {
    this.arn = arn;
    this.startedAt = startedAt;
  }

  async describe(): Promise<DescribeMapRunOutput> {
    this.described += 1;
    const stopDate = this.status === "RUNNING" ? undefined : new Date(this.startedAt + 5_000);
    return {
      status: this.status,
      startDate: new Date(this.startedAt),
      stopDate,
      itemCounts: this.counts,
    } as DescribeMapRunOutput;
  }

  async *children(): AsyncIterable<string[]> {
    const all = Array.from({ length: this.counts.succeeded ?? 0 }, (_, at) => `${this.arn}/${at}`).reverse();
    for (let from = 0; from < all.length; from += 10) yield all.slice(from, from + 10);
  }

  async describeChild(executionArn: string): Promise<DescribeExecutionOutput> {
    this.asked.push(executionArn);
    return {
      executionArn,
      output: JSON.stringify({ layers: { bytesCopied: MiB } }),
    } as DescribeExecutionOutput;
  }
}

function follow() {
  const clock = { now: start };
  const events: HistoryEvent[] = [];
  const mapRuns: FakeMapRun[] = [];
  const execution = {
    arn: "arn:run",
    events: async () => ({ events: events.toReversed() }),
    mapRuns: async () =>
      mapRuns.map((mapRun) => ({
        item: { startDate: new Date(mapRun.startedAt) } as never,
        mapRun: mapRun as unknown as MapRun,
      })),
  };
  const happen = (event: Partial<HistoryEvent>) =>
    events.push({
      type: "PassStateEntered",
      timestamp: new Date(clock.now),
      id: events.length + 1,
      ...event,
    });
  const enter = (name: string) => happen({ stateEnteredEventDetails: { name } });
  const leave = (name: string, output: object) =>
    happen({ stateExitedEventDetails: { name, output: JSON.stringify(output) } });
  const follower = new RunFollower(execution, () => clock.now);
  return {
    clock,
    mapRuns,
    enter,
    leave,
    look: (described = running, most = 20) => follower.look(described, most),
  };
}

function listing(selected: number, inSync: number, differing: number, deletions = 0) {
  return { listing: { selected, inSync, differing, deletions } };
}

test("before anything is compared there is what is being done, and since when", async () => {
  const { clock, enter, look } = follow();
  enter("StartImages");
  enter("ListImages");
  clock.now += 90_000;
  const state = await look();
  expect(state).toEqual({
    execution: "arn:run",
    status: "RUNNING",
    rule: "team",
    startedAt: "2026-03-01T10:00:00.000Z",
    seconds: 90,
    doing: "comparing source and destination",
  });
  expect(runView(state)).toEqual({
    block: ["team       comparing source and destination", "execution  arn:run", "time       1 min 30 s"],
    line: "comparing source and destination",
  });
});

test("while images are copied there are counts, bytes, rate and time left", async () => {
  const { clock, enter, leave, look, mapRuns } = follow();
  enter("StartImages");
  leave("ListImages", listing(5_000, 3_000, 2_000, 7));
  enter("CopyImages");
  const mapRun = new FakeMapRun("a", start);
  mapRuns.push(mapRun);
  mapRun.counts = {
    total: 2_000,
    succeeded: 97,
    failed: 1,
    timedOut: 1,
    aborted: 1,
    running: 40,
    pending: 1_860,
  };
  clock.now += 10_000;
  const state = await look(running, 20);
  expect(state).toMatchObject({
    found: { selected: 5_000, inSync: 3_000, differing: 2_000, deletions: 7 },
    images: { total: 2_000, done: 97, failed: 3, running: 40, waiting: 1_860 },
    bytes: 97 * MiB,
    about: true,
    rate: 9.7 * MiB,
    left: 190,
  });
  expect(mapRun.asked).toHaveLength(20);
  expect(runView(state)).toEqual({
    block: [
      "team       copying images",
      "execution  arn:run",
      "time       10 s, about 3 min 10 s left",
      "found      5,000 images: 3,000 in sync, 2,000 to copy; 7 tags to delete",
      "images     97 of 2,000 done, 3 failed, 40 running, 1,860 waiting",
      "bytes      about 97.0 MiB, 9.7 MiB/s",
    ],
    line: "copying images: 97 of 2,000 images, 3 failed, 40 running, about 97.0 MiB, 9.7 MiB/s, about 3 min 10 s left",
  });
});

test("no image is asked twice, and bytes are exact when all were asked", async () => {
  const { enter, look, mapRuns } = follow();
  enter("CopyImages");
  const mapRun = new FakeMapRun("a", start);
  mapRuns.push(mapRun);
  mapRun.counts = { total: 12, succeeded: 9, running: 3 };
  expect(await look(running, 5)).toMatchObject({ bytes: 9 * MiB, about: true });
  expect(await look(running, 5)).toMatchObject({ bytes: 9 * MiB, about: false });
  mapRun.counts = { total: 12, succeeded: 12 };
  expect(await look(running, 5)).toMatchObject({ bytes: 12 * MiB, about: false });
  expect(new Set(mapRun.asked).size).toBe(12);
  expect(mapRun.asked).toHaveLength(12);
});

test("several rounds are added up, and one that has ended is not described again", async () => {
  const { clock, leave, look, mapRuns } = follow();
  const [first, second] = [new FakeMapRun("a", start), new FakeMapRun("b", start + 5_000)];
  first.counts = { total: 10, succeeded: 10 };
  first.status = "SUCCEEDED";
  second.counts = { total: 20, succeeded: 5, running: 15 };
  leave("ListImages", listing(30, 20, 10));
  leave("ListImages", listing(50, 30, 20));
  mapRuns.push(second, first);
  clock.now += 10_000;
  expect(await look()).toMatchObject({
    found: { selected: 80, inSync: 50, differing: 30 },
    images: { total: 30, done: 15, running: 15 },
    bytes: 15 * MiB,
    rate: 1.5 * MiB,
  });
  await look();
  expect([first.described, second.described]).toEqual([1, 2]);
});

test("what was before a redrive began again is not counted", async () => {
  const { clock, enter, leave, look, mapRuns } = follow();
  enter("StartImages");
  leave("ListImages", listing(30, 20, 10));
  mapRuns.push(new FakeMapRun("a", start + 1));
  clock.now += 60_000;
  enter("RestartImages");
  clock.now += 1_000;
  leave("ListImages", listing(30, 28, 2));
  enter("CopyImages");
  const again = new FakeMapRun("b", clock.now);
  again.counts = { total: 2, running: 2 };
  mapRuns.push(again);
  expect(await look()).toMatchObject({ found: { differing: 2 }, images: { total: 2 } });
});

test("a run that has ended says how", async () => {
  const { look } = follow();
  const stopDate = new Date(start + 5_000);
  expect(await look({ ...running, status: "TIMED_OUT", stopDate })).toMatchObject({
    doing: "timed out",
    seconds: 5,
  });
});
