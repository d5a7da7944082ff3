import { definitionOf } from "./definition.ts";
import { type Execution, enteredAt, run } from "./run.ts";
import { synthesizeReplicator } from "./synthesized.ts";

const definition = definitionOf(synthesizeReplicator(), "ImagesStateMachine");
const rule = { name: "team", source: "from", destination: "to" };

/** A run in which nothing differs, whose end is each of these answers in turn. */
function runThatEnds(...ends: object[]): Promise<Execution> {
  return run(definition, rule, {
    ListImages: () => ({ next: "TallyImages" }),
    TallyImages: () => ({ next: "FinishImages" }),
    FinishImages: () => ends.shift(),
  });
}

/** What the first step of each round was given, without the rule's fields. */
function begun({ calls }: Execution): unknown[] {
  return calls.filter(({ state }) => state === "ListImages").map(({ input }) => input);
}

const execution = { run: rule, execution: "arn:execution", redrives: 0 };
const first = { ...execution, startedAt: expect.stringMatching(/^20[2-9].*Z$/) };

test("a run gives its first step the rule, and counts from when its execution began", async () => {
  const ended = await runThatEnds({ next: "Finished", report: { status: "InSync" } });
  expect(ended.output).toEqual({ status: "InSync" });
  expect(begun(ended)).toEqual([first]);
});

test("a redriven run begins with its rule alone, and counts from when it was redriven", async () => {
  const again = { next: "RestartImages", run: rule };
  const ended = await runThatEnds(again, { next: "Finished", report: { status: "InSync" } });
  expect(begun(ended)).toEqual([first, { ...execution, startedAt: enteredAt }]);
});
