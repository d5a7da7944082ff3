import { chosenMachine } from "../../cli/deployed.ts";

const machine = (name: string) => ({ name, arn: `arn:${name}` });

test.each([
  [["ReplicateImage", "ReplicateImages", "MyReplicateImages"], "arn:ReplicateImages"],
  [["Other", "PipelineReplicateImages1A2B-xyz"], "arn:PipelineReplicateImages1A2B-xyz"],
])("of %j %s is chosen", (names, arn) => {
  expect(chosenMachine(names.map(machine), "eu-central-1")).toBe(arn);
});

test.each([
  [[], "there is no state machine ReplicateImages in eu-central-1 in this account; give --state-machine ARN"],
  [["ReplicateImage"], "there is no state machine ReplicateImages in eu-central-1"],
  [
    ["AReplicateImages", "BReplicateImages"],
    "there are 2 state machines like ReplicateImages in eu-central-1; give one with --state-machine: arn:AReplicateImages, arn:BReplicateImages",
  ],
])("of %j none is chosen", (names, sentence) => {
  const choose = () => chosenMachine(names.map(machine), "eu-central-1");
  expect(choose).toThrow(expect.objectContaining({ name: "RequestInvalid" }));
  expect(choose).toThrow(sentence);
});
