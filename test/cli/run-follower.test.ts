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

  async *children(status: string): AsyncIterable<string[]> {
    const counted = {
      SUCCEEDED: "succeeded",
      FAILED: "failed",
      TIMED_OUT: "timedOut",
      ABORTED: "aborted",
    } as const;
    const length = this.counts[counted[status as keyof typeof counted]] ?? 0;
    const all = Array.from({ length }, (_, at) => `${this.arn}/${status}/${at}`).reverse();
    for (let from = 0; from < all.length; from += 10) yield all.slice(from, from + 10);
  }

  async describeChild(executionArn: string): Promise<DescribeExecutionOutput> {
    this.asked.push(executionArn);
    return {
      executionArn,
      input: JSON.stringify({ source: executionArn, destination: "to" }),
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
    failed: async (status = "FAILED", most = 50) =>
      (await follower.failed(status, most)).map(({ source, message }) => [source, message]),
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
    block: [
      "run           team, comparing source and destination",
      "execution     arn:run",
      "time          1 min 30 s",
    ],
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
    progress: { total: 2_000, ended: 100, failed: 3, running: 40, waiting: 1_860 },
    bytes: 97 * MiB,
    about: true,
    rate: 9.7 * MiB,
    left: 190,
  });
  expect(mapRun.asked).toHaveLength(20);
  expect(runView(state)).toEqual({
    block: [
      "run           team, copying images",
      "execution     arn:run",
      "time          10 s, about 3 min 10 s left",
      "found         5,000 images: 3,000 in sync, 2,000 to copy; 7 tags to delete",
      "images        100 of 2,000 ended, of which 3 failed, 40 running, 1,860 waiting",
      "bytes         about 97.0 MiB, 9.7 MiB/s",
    ],
    line: "copying images: 100 of 2,000 images ended, of which 3 failed, 40 running, about 97.0 MiB, 9.7 MiB/s, about 3 min 10 s left",
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
    progress: { total: 30, ended: 15, running: 15 },
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
  expect(await look()).toMatchObject({ found: { differing: 2 }, progress: { total: 2 } });
});

test("the images that wait for the first of their repository are counted, and no time left is told by it", async () => {
  const { clock, enter, leave, look, mapRuns } = follow();
  leave("ListImages", listing(60, 0, 60));
  enter("CopyImages");
  const first = new FakeMapRun("a", start);
  first.counts = { total: 1, succeeded: 1 };
  first.status = "SUCCEEDED";
  mapRuns.push(first);
  clock.now += 10_000;
  const state = await look();
  expect(state.progress).toEqual({ total: 60, ended: 1, failed: 0, running: 0, waiting: 59 });
  expect(state).not.toHaveProperty("left");
  const others = new FakeMapRun("b", clock.now);
  others.counts = { total: 59, succeeded: 19, running: 40 };
  mapRuns.unshift(others);
  leave("ListImages", listing(0, 0, 0));
  expect(await look()).toMatchObject({
    progress: { total: 60, ended: 20, running: 40, waiting: 0 },
    left: 20,
  });
});

test("of a plan there are no bytes, and no image is asked for them", async () => {
  const { clock, enter, look, mapRuns } = follow();
  enter("CopyImages");
  const mapRun = new FakeMapRun("a", start);
  mapRun.counts = { total: 3, succeeded: 2, running: 1 };
  mapRuns.push(mapRun);
  clock.now += 1_000;
  const state = await look({ ...running, input: JSON.stringify({ name: "team", mode: "plan" }) });
  expect(state).not.toHaveProperty("bytes");
  expect(state).not.toHaveProperty("rate");
  expect(mapRun.asked).toEqual([]);
  expect(runView(state).line).toBe("planning images: 2 of 3 images planned, 1 running, about 1 s left");
});

test("what has failed is found in every round, and repositories before images", async () => {
  const { leave, look, failed, mapRuns } = follow();
  const repository = { source: "from/a", destination: "to/a", error: "AccessDenied", message: "not yours" };
  leave("ListImages", { listing: { ...listing(9, 0, 9).listing, failed: [repository] } });
  const [first, second] = [new FakeMapRun("a", start), new FakeMapRun("b", start + 5_000)];
  first.counts = { total: 1, failed: 1 };
  second.counts = { total: 8, succeeded: 5, timedOut: 1, aborted: 1, failed: 1 };
  mapRuns.push(second, first);
  await look();
  const all = [
    ["from/a", "not yours"],
    ["a/FAILED/0", "its execution ended as FAILED"],
    ["b/FAILED/0", "its execution ended as FAILED"],
    ["b/TIMED_OUT/0", "its execution ended as TIMED_OUT"],
    ["b/ABORTED/0", "its execution ended as ABORTED"],
  ];
  expect(await failed()).toEqual(all);
  expect(await failed("FAILED", 3)).toEqual(all.slice(0, 3));
  expect(await failed("FAILED", 1)).toEqual(all.slice(0, 1));
});

test("images that were stopped along with their run have not failed", async () => {
  const { leave, look, failed, mapRuns } = follow();
  leave("ListImages", listing(40, 0, 40));
  const mapRun = new FakeMapRun("a", start);
  mapRun.counts = { total: 40, succeeded: 3, failed: 1, aborted: 36 };
  mapRun.status = "ABORTED";
  mapRuns.push(mapRun);
  const state = await look({ ...running, status: "ABORTED", stopDate: new Date(start + 5_000) });
  expect(state.progress).toEqual({ total: 40, ended: 4, failed: 1, running: 0, waiting: 36 });
  expect(runView(state).block).toContain("images        4 of 40 ended, of which 1 failed, 36 not done");
  expect(await failed("ABORTED")).toEqual([["a/FAILED/0", "its execution ended as FAILED"]]);
});

test("a run that has ended says how", async () => {
  const { look } = follow();
  const stopDate = new Date(start + 5_000);
  expect(await look({ ...running, status: "TIMED_OUT", stopDate })).toMatchObject({
    doing: "timed out",
    seconds: 5,
  });
});
