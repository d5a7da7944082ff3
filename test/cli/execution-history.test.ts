import type { HistoryEvent } from "@aws-sdk/client-sfn";
import { ExecutionHistory } from "../../cli/execution-history.ts";
import type { Blob } from "../../core/model/descriptor.ts";
import type { Plan } from "../../core/model/plan.ts";
import { blob, planOf } from "./plan.ts";

const [a, b] = [blob("a", 100), blob("b", 100)];

/** An execution whose history grows, in pages of two, and a record of what is told of it. */
function follow() {
  const events: HistoryEvent[] = [];
  const told: string[] = [];
  let pages = 0;
  const execution = {
    events: async (token = "0") => {
      pages += 1;
      const from = Number(token);
      const page = events.toReversed().slice(from, from + 2);
      return { events: page, nextToken: from + 2 < events.length ? String(from + 2) : undefined };
    },
  };
  const progress = {
    note: (line: string) => told.push(line),
    doing: (what: string) => told.push(what),
    planned: ({ next }: Plan) => told.push(next),
    copied: ({ digest }: Blob, at: number) => told.push(`${digest.slice(7, 8)} at ${at}`),
    end: () => {},
  };
  const history = new ExecutionHistory(execution, progress);
  const happen = (...happened: Partial<HistoryEvent>[]) => {
    for (const event of happened) {
      events.push({ type: "TaskStateExited", timestamp: new Date(0), id: events.length + 1, ...event });
    }
  };
  return { history, told, happen, pages: () => pages };
}

function left(name: string, output: object): Partial<HistoryEvent> {
  return { stateExitedEventDetails: { name, output: JSON.stringify(output) } };
}

function iterated(index: number): Partial<HistoryEvent> {
  return { type: "MapIterationSucceeded", mapIterationSucceededEventDetails: { name: "CopyLayers", index } };
}

test("plans, layers and the putting of manifests are told in their order, whatever the pages", async () => {
  const { history, told, happen } = follow();
  happen({}, left("Plan", { plan: planOf("CopyLayers", [a, b]) }), {}, left("CopyLayer", { paused: [] }));
  happen(iterated(1), left("CopyLayer", { paused: [] }), iterated(0));
  happen(left("Plan", { plan: planOf("PutManifests") }));
  happen({ type: "TaskStateEntered", stateEnteredEventDetails: { name: "PutManifests" } });
  await history.readOn();
  expect(told).toEqual(["CopyLayers", "b at 100", "a at 100", "PutManifests", "putting manifests"]);
});

test("what was read is not told again, and pages without news are not read", async () => {
  const { history, told, happen, pages } = follow();
  happen(left("Plan", { plan: planOf("CopyLayers", [a]) }), {}, {}, {}, {});
  await history.readOn();
  expect(pages()).toBe(3);
  await history.readOn();
  expect(pages()).toBe(4);
  happen(iterated(0));
  await history.readOn();
  expect(told).toEqual(["CopyLayers", "a at 100"]);
});

test("a layer that was paused stands where its worker stopped, until the next round", async () => {
  const { history, told, happen } = follow();
  happen(left("Plan", { plan: planOf("CopyLayers", [a]) }));
  happen(left("CopyLayer", { paused: [{ ...a, from: 40 }] }), iterated(0));
  happen(left("Plan", { plan: planOf("CopyLayers", [{ ...a, from: 40 }]) }));
  happen(left("CopyLayer", { paused: [] }), iterated(0));
  await history.readOn();
  expect(told).toEqual(["CopyLayers", "a at 40", "CopyLayers", "a at 100"]);
});
