import { parseCommand } from "../../cli/arguments.ts";
import { requestOptions } from "../../cli/copy-arguments.ts";
import { requestFields } from "../../core/model/request.ts";

const machine = "arn:aws:states:eu-central-1:333333333333:stateMachine:ReplicateImage";

function copyOf(...argv: string[]) {
  const command = parseCommand(["copy", ...argv]);
  if (command.name !== "copy") throw new Error(command.name);
  return command.copy;
}

test.each([[[]], [["--help"]], [["-h"]], [["help"]], [["copy", "--help"]], [["--version", "-h"]]])(
  "%j asks for help",
  (argv) => {
    expect(parseCommand(argv)).toEqual({ name: "help" });
  },
);

test("--version asks for the version", () => {
  expect(parseCommand(["--version"])).toEqual({ name: "version" });
});

test("the scripts' four arguments are the source, the destination and their roles", () => {
  expect(copyOf("from", "to", "reader", "writer")).toEqual({
    fields: { source: "from", destination: "to", sourceRoleArn: "reader", destinationRoleArn: "writer" },
    stateMachine: undefined,
    workBucket: undefined,
    allowInsecure: false,
    json: false,
  });
});

test("an empty role stands for none, on either side", () => {
  expect(copyOf("from", "to", "", "writer").fields).toEqual({
    source: "from",
    destination: "to",
    destinationRoleArn: "writer",
  });
  expect(copyOf("from", "to", "reader", "").fields).not.toHaveProperty("destinationRoleArn");
});

test("an empty source stays for the request's check to refuse", () => {
  expect(copyOf("", "to").fields).toEqual({ source: "", destination: "to" });
});

const valueFor = (option: string) => (option === "repository-settings" ? "{}" : option);

test("every field of a request can be given, but the rule, which stands for itself", () => {
  const options = Object.keys(requestOptions);
  const { fields } = copyOf(
    "from",
    "to",
    ...options.flatMap((name) => [`--${name}`, valueFor(name)]),
    "--plan",
  );
  expect(Object.keys(fields).toSorted()).toEqual(requestFields.filter((name) => name !== "rule").toSorted());
  expect(fields).toMatchObject({ sourceExternalId: "source-external-id", mode: "plan" });
});

test.each([
  [["--create-repository"], true],
  [["--repository-settings", '{"scanOnPush":true}'], { scanOnPush: true }],
  [["--create-repository", "--repository-settings", "{}"], {}],
])("%j creates a repository", (options, createRepository) => {
  expect(copyOf("from", "to", ...options).fields).toMatchObject({ createRepository });
});

test("lists and truths are read as such, and what is neither is left to the request's check", () => {
  const { fields } = copyOf("from", "to", "--platforms", "linux/amd64, linux/arm64", "--referrers", "false");
  expect(fields).toMatchObject({ platforms: ["linux/amd64", "linux/arm64"], referrers: false });
  expect(copyOf("from", "to", "--referrers", "no").fields).toMatchObject({ referrers: "no" });
});

test("platforms may be given in pieces", () => {
  const { fields } = copyOf(
    "from",
    "to",
    "--platforms",
    "linux/amd64",
    "--platforms=linux/arm64,linux/arm/v7",
  );
  expect(fields["platforms"]).toEqual(["linux/amd64", "linux/arm64", "linux/arm/v7"]);
});

const single = [
  ...Object.keys(requestOptions).filter((name) => name !== "platforms"),
  "state-machine",
  "work-bucket",
];

test.each(single)("--%s is refused when it is given twice", (name) => {
  const twice = () => copyOf("from", "to", `--${name}`, "x", `--${name}`, "y");
  expect(twice).toThrow(`--${name} is given twice: 'x' and 'y'`);
});

test("options may stand before, between and after the arguments", () => {
  expect(copyOf("--json", "from", "--plan", "to")).toEqual(copyOf("from", "to", "--plan", "--json"));
  expect(copyOf("--json", "from", "to").json).toBe(true);
});

test("a work bucket may be given", () => {
  expect(copyOf("from", "to", "--work-bucket", "my-bucket").workBucket).toBe("my-bucket");
  expect(copyOf("from", "to").workBucket).toBeUndefined();
});

test.each([machine, `${machine}:live`, machine.replace("aws", "aws-cn")])("%s is a state machine", (arn) => {
  expect(copyOf("from", "to", "--state-machine", arn).stateMachine).toBe(arn);
});

test.each([
  [["cop", "from", "to"], "'cop' is no command; copy, plan, sync, start and status are"],
  [["--json"], "the command is missing: copy, plan, sync, start, status"],
  [["copy"], "2 to 4 arguments, SOURCE DESTINATION [SOURCE_ROLE [DESTINATION_ROLE]], and got 0"],
  [["copy", "from"], "and got 1"],
  [["copy", "1", "2", "3", "4", "5"], "and got 5"],
  [["copy", "from", "to", "--force"], "Unknown option '--force'"],
  [["copy", "from", "to", "--json=yes"], "Option '--json' does not take an argument"],
  [["copy", "from", "to", "--source-role-arn"], "Option '--source-role-arn <value>' argument missing"],
  [["copy", "from", "to", "--state-machine", "--json"], "Option '--state-machine' argument is ambiguous"],
  [
    ["copy", "from", "to", "--state-machine", "Replicate"],
    "--state-machine: 'Replicate' is no state machine ARN",
  ],
  [
    ["copy", "from", "to", "--state-machine", `${machine.replace("stateMachine", "execution")}`],
    "expected arn:aws",
  ],
  [["copy", "from", "to", "--repository-settings", "{"], "--repository-settings: '{' is no JSON"],
  [
    ["copy", "from", "to", "--allow-insecure", "--state-machine", machine],
    "--allow-insecure: is for copying from here",
  ],
  [
    ["copy", "from", "to", "--work-bucket", "My_Bucket"],
    "--work-bucket: 'My_Bucket' is no bucket name: 3 to 63",
  ],
  [
    ["copy", "from", "to", "--work-bucket", "my-bucket", "--state-machine", machine],
    "--work-bucket: the state machine has a work bucket of its own",
  ],
  [["copy", "from", "to", "a", "--source-role-arn", "b"], "sourceRoleArn is given twice: 'a' and 'b'"],
])("%j is refused in one sentence", (argv, sentence) => {
  const refusal = { name: "RequestInvalid", operation: "ReadArguments" };
  expect(() => parseCommand(argv)).toThrow(expect.objectContaining(refusal));
  expect(() => parseCommand(argv)).toThrow(sentence);
  expect(() => parseCommand(argv)).not.toThrow(/\n|positional argument starting/);
});
