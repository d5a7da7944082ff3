import { parseCommand } from "../../cli/arguments.ts";

const machine = "arn:aws:states:eu-central-1:333333333333:stateMachine:ReplicateImages";
const execution = `${machine.replace("stateMachine", "execution")}:one`;
const config = "replication.yaml";

test.each([
  [
    ["plan"],
    { mode: "plan", rule: undefined, config, stateMachine: undefined, allowInsecure: false, json: false },
  ],
  [["sync", "--rule", "team"], { mode: "apply", rule: "team" }],
  [["sync", "team", "--config", "my.yaml", "--json"], { rule: "team", config: "my.yaml", json: true }],
  [["plan", "--allow-insecure"], { allowInsecure: true }],
  [["sync", "--state-machine", machine], { stateMachine: machine }],
  [["sync", "--state-machine", "team"], { stateMachine: "", rule: "team" }],
  [["sync", "--state-machine", "--json"], { stateMachine: "", json: true }],
  [["--json", "sync", "team", "--state-machine"], { stateMachine: "", rule: "team", json: true }],
])("%j is read", (argv, run) => {
  expect(parseCommand(argv)).toMatchObject({ name: argv.find((each) => !each.startsWith("-")), run });
});

test.each([
  [["start"], { rule: undefined, config, stateMachine: undefined, json: false }],
  [["start", "team", "--state-machine", machine], { rule: "team", stateMachine: machine }],
])("%j is read", (argv, start) => {
  expect(parseCommand(argv)).toMatchObject({ name: "start", start });
});

test.each([
  [["status"], { execution: undefined, stateMachine: undefined, once: false, json: false }],
  [["status", execution, "--once"], { execution, once: true }],
  [["status", "one", "--state-machine", machine], { execution: "one", stateMachine: machine }],
  [["status", "--state-machine"], { stateMachine: undefined }],
])("%j is read", (argv, status) => {
  expect(parseCommand(argv)).toMatchObject({ name: "status", status });
});

test.each([
  [["sync", "a", "b"], "sync takes one argument, [RULE], and got 2"],
  [["status", "a", "b"], "status takes one argument, [EXECUTION], and got 2"],
  [["plan", "a", "--rule", "b"], "the rule is given twice: 'a' and 'b'"],
  [["sync", "--rule", "a", "--rule", "b"], "--rule is given twice: 'a' and 'b'"],
  [["sync", "--once"], "--once is no option of sync, but of status"],
  [["sync", "--plan"], "--plan is no option of sync, but of copy"],
  [["status", "--config", "x"], "--config is no option of status, but of plan, sync, start"],
  [["copy", "a", "b", "--rule", "c"], "--rule is no option of copy, but of plan, sync, start"],
  [["sync", "--work-bucket", "some-bucket"], "--work-bucket is no option of sync, but of copy"],
  [["sync", "--state-machine", machine, "--allow-insecure"], "--allow-insecure: is for copying from here"],
  [["sync", "--state-machine", execution], "is no state machine ARN"],
  [["status", machine], `'${machine}' is no execution; expected its name, or arn:aws:states:`],
  [
    ["status", execution, "--state-machine", machine],
    "--state-machine: the execution's ARN names its state machine",
  ],
  [["start", "--allow-insecure"], "--allow-insecure is no option of start, but of copy, plan, sync"],
])("%j is refused in one sentence", (argv, sentence) => {
  const refusal = { name: "RequestInvalid", operation: "ReadArguments" };
  expect(() => parseCommand(argv)).toThrow(expect.objectContaining(refusal));
  expect(() => parseCommand(argv)).toThrow(sentence);
});
