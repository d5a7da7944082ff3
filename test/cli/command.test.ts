import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LocalAws } from "../../local/aws.ts";
import { imageOf } from "../fakes/image.ts";
import { imageOfLayers, MiB } from "../pipeline/layer.ts";
import { accounts, externalId, roleArns, startPipeline } from "../pipeline/pipeline.ts";
import {
  createPair,
  digestOfTag,
  expectCopy,
  nameOf,
  push,
  type Repository,
} from "../pipeline/repository.ts";
import { nobody, run, signedIn } from "./command.ts";

const roles = [roleArns.source, roleArns.destination];
const externalIds = ["--source-external-id", externalId, "--destination-external-id", externalId];
const machine = `arn:aws:states:eu-central-1:${accounts.pipeline}:stateMachine:ReplicateImage`;

let aws: LocalAws;
let from: Repository;
let to: Repository;
let operator: Record<string, string>;

beforeAll(async () => {
  aws = await startPipeline();
  operator = signedIn(aws.endpoint, accounts.pipeline);
});

beforeEach(async () => {
  ({ from, to } = await createPair(aws));
});

afterEach(() => aws.faults.clear());

afterAll(() => aws.stop());

/** The arguments that copy a tag with both roles. */
function copyOf(tag: string, ...options: string[]): string[] {
  return ["copy", nameOf(from, `:${tag}`), nameOf(to), ...roles, ...externalIds, ...options];
}

const ways = [
  ["from this process", []],
  ["with a state machine", ["--state-machine", machine]],
] as const;

describe.each(ways)("%s", (_, way) => {
  test("an image is copied with two roles, and the second time it is in sync", async () => {
    const content = imageOf([3_000, 70], 1);
    await push(from, content, "v1");
    const first = await run(operator, copyOf("v1", ...way));
    expect(first).toMatchObject({ status: 0 });
    expect(first.out).toMatch(new RegExp(`^Replicated +${nameOf(to, ":v1")}\n`));
    expect(first.err).toMatch(/copying 3 layers.*layer [0-9a-f]{12} copied, .*putting manifests\n$/s);
    await expectCopy(to, content);
    const second = await run(operator, copyOf("v1", ...way));
    expect(second).toMatchObject({ status: 0 });
    expect(second.out).toMatch(/^InSync /);
  });

  test("a plan is reported as JSON alone, and nothing is copied", async () => {
    await push(from, imageOf([50, 60], 2), "v1");
    const { status, out } = await run(operator, copyOf("v1", "--plan", "--json", ...way));
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ status: "Planned", layers: { copied: 3, present: 0 } });
    expect(await digestOfTag(to, "v1")).toBeUndefined();
  });

  test("a failure ends with 1, one sentence, and JSON with the side and the operation", async () => {
    const { status, out, err } = await run(operator, copyOf("absent", "--json", ...way));
    expect(status).toBe(1);
    const failure = { error: "SourceNotFound", side: "source", operation: "ResolveImage" };
    expect(JSON.parse(out)).toMatchObject(failure);
    expect(err).toMatch(/\necr-replicator: SourceNotFound: .*has no image with the tag 'absent'.*\n$/);
    expect(err).not.toMatch(/\n +at /);
  });

  test("no credential is ever printed", async () => {
    await push(from, imageOf([50], 3), "v1");
    const said = [
      await run(operator, copyOf("v1", ...way)),
      await run({ ...operator, AWS_ACCESS_KEY_ID: "unknown-key" }, copyOf("v1", "--json", ...way)),
    ];
    expect(said.map(({ status }) => status)).toEqual([0, 1]);
    expect(JSON.stringify(said)).not.toMatch(/a-secret-of-the-tests|X-Amz-|ASIA|Credential=/);
  });

  test("who is not signed in is told to do so", async () => {
    const { status, err } = await run(nobody(aws.endpoint), copyOf("v1", ...way));
    expect(status).toBe(1);
    expect(err).toMatch(/ecr-replicator: AccessDenied: .*Could not load credentials.*sign in/);
  });

  test("an endpoint that is down is named", async () => {
    const endpoint = `http://127.0.0.1:${await unusedPort()}`;
    const { status, err } = await run({ ...operator, AWS_ENDPOINT_URL: endpoint }, copyOf("v1", ...way));
    expect(status).toBe(1);
    expect(err).toContain(`ecr-replicator: Unavailable: `);
    expect(err).toContain(`connect ECONNREFUSED ${endpoint.slice("http://".length)}`);
  });

  test("credentials and endpoint may come from a profile", async () => {
    await push(from, imageOf([50], 4), "v1");
    const directory = mkdtempSync(join(tmpdir(), "cli-"));
    const file = join(directory, "config");
    const secrets = `aws_access_key_id = ${accounts.pipeline}\naws_secret_access_key = local`;
    writeFileSync(file, `[profile operator]\n${secrets}\nendpoint_url = ${aws.endpoint}\n`);
    const { AWS_ENDPOINT_URL: _, ...env } = nobody(aws.endpoint);
    const profile = { ...env, AWS_CONFIG_FILE: file, AWS_PROFILE: "operator" };
    expect(await run(profile, copyOf("v1", ...way))).toMatchObject({ status: 0 });
    rmSync(directory, { recursive: true });
  });
});

test("without roles, the credentials in use copy within their account", async () => {
  const content = imageOf([400], 5);
  await push(from, content, "v1");
  const argv = ["copy", nameOf(from, ":v1"), nameOf(from, ":v2")];
  expect(await run(signedIn(aws.endpoint, accounts.source), argv)).toMatchObject({ status: 0 });
  expect(await digestOfTag(from, "v2")).toBe(content.root.digest);
});

test("a copy that was interrupted is finished by the same command", async () => {
  const content = imageOfLayers([60 * MiB, 1], 6);
  await push(from, content, "v1");
  const cut = await run(operator, copyOf("v1"), (err, kill) => {
    if (err.includes("copying")) kill("SIGINT");
  });
  expect(cut).toMatchObject({ status: 130, out: "" });
  expect(cut.err).toMatch(/ecr-replicator: interrupted; the same command finishes it\n$/);
  expect(await run(operator, copyOf("v1"))).toMatchObject({ status: 0 });
  await expectCopy(to, content);
});

test("an execution goes on when the one who follows it is interrupted", async () => {
  const content = imageOf([500], 7);
  await push(from, content, "v1");
  const cut = await run(operator, copyOf("v1", "--state-machine", machine), (err, kill) => {
    if (err.includes("execution arn:")) kill("SIGTERM");
  });
  expect(cut).toMatchObject({ status: 143, out: "" });
  expect(cut.err).toMatch(/ecr-replicator: interrupted; the execution goes on\n$/);
  expect(cut.err).toContain(`:execution:ReplicateImage:`);
});

test("a state machine that does not exist is wrong usage", async () => {
  const { status, err } = await run(operator, copyOf("v1", "--state-machine", `${machine}-absent`));
  expect(status).toBe(2);
  expect(err).toContain("State Machine Does Not Exist");
});

test.each([
  [["cop"], "'cop' is no command; copy, plan, sync, start and status are\nTry 'ecr-replicator --help'.\n"],
  [["copy", "Nginx", "x"], "source: 'Nginx' is no repository"],
])("%j is wrong usage, said before anything is called", async (argv, sentence) => {
  const { status, out, err } = await run(nobody("http://127.0.0.1:1"), argv);
  expect({ status, out }).toEqual({ status: 2, out: "" });
  expect(err).toContain(sentence);
});

test("wrong usage is JSON too, when that was asked for", async () => {
  const { status, out } = await run(nobody("http://127.0.0.1:1"), ["copy", "--json"]);
  expect(status).toBe(2);
  expect(JSON.parse(out)).toMatchObject({ error: "RequestInvalid", operation: "ReadArguments" });
});

test("help and version go to standard output", async () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  const env = nobody("http://127.0.0.1:1");
  expect(await run(env, ["--version"])).toEqual({ status: 0, out: `${version}\n`, err: "" });
  expect(await run(env, ["--help"])).toMatchObject({ status: 0, err: "" });
});

async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}
