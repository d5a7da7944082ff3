import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StopExecutionCommand } from "@aws-sdk/client-sfn";
import type { Rule } from "../../core/model/rule.ts";
import type { LocalAws } from "../../local/aws.ts";
import { execute, statesOf } from "../pipeline/execution.ts";
import { digestsOf, pushSmall, tags } from "../pipeline/many-images.ts";
import { accounts, machines, region, startPipeline } from "../pipeline/pipeline.ts";
import { createRepository, nameOf, type Repository } from "../pipeline/repository.ts";
import { copiesRule, ownRegistry, ruleOf } from "../pipeline/rule.ts";
import { type Ending, nobody, run, signedIn } from "./command.ts";

const machine = `arn:aws:states:${region}:${accounts.pipeline}:stateMachine:${machines.OwnRolesImages}`;

let aws: LocalAws;
let operator: Record<string, string>;
let folder: string;
let named = 0;

beforeAll(async () => {
  aws = await startPipeline();
  operator = { ...signedIn(aws.endpoint, accounts.pipeline), AWS_REGION: region };
  folder = mkdtempSync(join(tmpdir(), "rules-"));
});

afterEach(() => aws.faults.clear());

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await aws.stop();
});

/** A repository of the pipeline's account with so many small images, and the name of one that is not there yet. */
async function pair(count: number): Promise<{ from: Repository; to: Repository }> {
  const from = await createRepository(aws, accounts.pipeline, { name: `from/r${++named}` });
  await pushSmall(from, tags(count));
  return { from, to: { ...from, name: `to/r${named}` } };
}

/** A file with rules, as JSON, which is YAML. */
function fileWith(...rules: Rule[]): string {
  const path = join(folder, `${++named}.yaml`);
  writeFileSync(path, JSON.stringify({ rules }));
  return path;
}

function ecr(argv: string[]): Promise<Ending> {
  return run(operator, argv);
}

const ways = [
  ["from this process", []],
  ["with a state machine", ["--state-machine", machine]],
] as const;

describe.each(ways)("%s", (_, way) => {
  test("a plan names what would be copied, changes nothing, and estimates time and cost", async () => {
    const { from, to } = await pair(2);
    const config = fileWith(ruleOf(from.name, to.name));
    const { status, out } = await ecr(["plan", "--config", config, ...way]);
    expect(status).toBe(0);
    expect(out).toContain(`create ${ownRegistry}/${to.name}\n`);
    for (const tag of tags(2)) {
      expect(out).toMatch(
        new RegExp(`^copy .*/${from.name}:${tag}.* to .*/${to.name}:${tag}: .* in 1 task$`, "m"),
      );
    }
    expect(out).toMatch(/^images +2 selected: 0 in sync, 2 to copy$/m);
    expect(out).toMatch(/^estimate +on the state machine about .* and less than \$0\.01: /m);
    await expect(digestsOf(to)).rejects.toThrow(/does not exist/);
  });

  test("a rule is run, tells how far it is, and is in sync the second time", async () => {
    const { from, to } = await pair(12);
    const argv = ["sync", "team", "--config", fileWith(ruleOf(from.name, to.name)), ...way];
    const first = await ecr(argv);
    expect(first).toMatchObject({ status: 0 });
    expect(first.out).toMatch(/^Replicated +team\n/);
    expect(first.out).toMatch(/^images +12 selected: 0 in sync, 12 copied$/m);
    expect(first.err).toMatch(/12 of 12 images/);
    expect(await digestsOf(to)).toEqual(await digestsOf(from));
    const second = await ecr([...argv, "--json"]);
    expect(second.status).toBe(0);
    expect(JSON.parse(second.out)).toMatchObject({ status: "InSync", images: { selected: 12, inSync: 12 } });
  });

  test("each image that fails is named with its error, the others arrive, and the end is 1", async () => {
    const { from, to } = await pair(5);
    const config = fileWith(ruleOf(from.name, to.name, { prune: true }));
    const detail = { repositoryName: to.name, imageTag: "v3" };
    aws.faults.add({ service: "ecr", operation: "PutImage", detail, fault: "accessDenied" });
    const { status, out, err } = await ecr(["sync", "--config", config, ...way]);
    expect(status).toBe(1);
    expect(out).toMatch(
      new RegExp(`^failed +${ownRegistry}/${from.name}:v3: AccessDenied: PutImage on `, "m"),
    );
    expect(err).toMatch(/1 failed/);
    expect(err).toMatch(
      /\necr-replicator: ImagesFailed: 1 of 5 images of the rule team failed \(AccessDenied 1\)/,
    );
    expect([...(await digestsOf(to)).keys()].toSorted()).toEqual(["v0", "v1", "v2", "v4"]);
  });

  test("a rule that finds nothing is a warning, and with mustSelect a failure", async () => {
    const { from, to } = await pair(0);
    const rule = ruleOf(from.name, to.name);
    const first = await ecr(["sync", "--config", fileWith(rule), ...way]);
    expect(first).toMatchObject({ status: 0 });
    expect(first.out).toMatch(/^warning +the rule team selects no image of /m);
    const config = fileWith({ ...rule, mustSelect: true });
    const second = await ecr(["sync", "--json", "--config", config, ...way]);
    expect(second.status).toBe(1);
    expect(JSON.parse(second.out)).toMatchObject({ error: "NothingSelected", operation: "ReplicateImages" });
    expect(second.err).toMatch(/\necr-replicator: NothingSelected: .*mustSelect\n$/);
  });

  test("what the source no longer has is deleted, unless it is too much", async () => {
    const { from, to } = await pair(2);
    await createRepository(aws, accounts.pipeline, { name: to.name });
    await pushSmall(to, tags(4));
    const rule = ruleOf(from.name, to.name, { prune: { maxDeletes: "10%" } });
    const refused = await ecr(["sync", "--config", fileWith(rule), ...way]);
    expect(refused.status).toBe(1);
    expect(refused.err).toMatch(
      /PruneRefused: 2 of 4 tags would be deleted, and prune.maxDeletes allows 1; .*:v[23](; all of them: s3:\S+)?\n$/,
    );
    expect(refused.err).not.toContain("deleting");
    const config = fileWith({ ...rule, prune: { maxDeletes: 2 } });
    const planned = await ecr(["plan", "--config", config, ...way]);
    expect(planned.out).toContain(`delete ${ownRegistry}/${to.name}:v3\n`);
    expect((await digestsOf(to)).size).toBe(4);
    const pruned = await ecr(["sync", "--config", config, ...way]);
    expect(pruned.out).toMatch(/^tags +2 deleted$/m);
    expect([...(await digestsOf(to)).keys()].toSorted()).toEqual(tags(2));
  });
});

test("an execution that was started is looked at, followed to its end, and told of afterwards", async () => {
  const { from, to } = await pair(40);
  const config = fileWith(ruleOf(from.name, to.name));
  const started = await ecr(["start", "team", "--config", config, "--state-machine", machine]);
  expect(started).toMatchObject({ status: 0, err: "" });
  const arn = started.out.trim();
  const once = await ecr(["status", arn, "--once", "--json"]);
  expect(once.status).toBe(0);
  expect(JSON.parse(once.out)).toMatchObject({ execution: arn, rule: "team" });
  const followed = await ecr(["status", arn]);
  expect(followed.status).toBe(0);
  expect(followed.out).toMatch(/^Replicated +team$/m);
  const newest = await ecr(["status", "--state-machine", machine]);
  expect(newest.status).toBe(0);
  expect(newest.out).toMatch(new RegExp(`^${arn}\nReplicated +team\n`));
  const { out } = await ecr(["status", "--json", "--state-machine", machine]);
  expect(JSON.parse(out)).toMatchObject({
    execution: arn,
    executionStatus: "SUCCEEDED",
    status: "Replicated",
    found: { selected: 40, differing: 40 },
    images: { selected: 40, copied: 40 },
  });
  expect(await digestsOf(to)).toEqual(await digestsOf(from));
});

test("an execution for one image is looked at in the same way", async () => {
  const { from } = await pair(1);
  const image = machine.replace(machines.OwnRolesImages, machines.OwnRoles);
  const argv = ["copy", nameOf(from, ":v0"), nameOf(from, ":again"), "--state-machine", image];
  const arn = /arn:\S*:execution:\S*/.exec((await ecr(argv)).err)?.[0] ?? "";
  const { status, out } = await ecr(["status", arn]);
  expect(status).toBe(0);
  expect(out).toMatch(new RegExp(`^${arn}\nReplicated +${nameOf(from, ":again")}\n`));
});

test("a failed run is told of with its report, and with the failure of the first image, which went ahead", async () => {
  const { from, to } = await pair(3);
  const config = fileWith(ruleOf(from.name, to.name));
  const detail = { repositoryName: to.name };
  aws.faults.add({ service: "ecr", operation: "PutImage", detail, fault: "accessDenied", times: 9 });
  const sync = await ecr(["sync", "--config", config, "--state-machine", machine]);
  expect(sync.status).toBe(1);
  expect(sync.out).toMatch(/^Failed +team\n/);
  expect(sync.out).toMatch(/^images +3 selected: 0 in sync, 0 copied, 3 failed$/m);
  expect(sync.out.match(/^failed +.*AccessDenied/gm)).toHaveLength(3);
  const { status, out } = await ecr(["status", "--json", "--state-machine", machine]);
  expect(status).toBe(1);
  const { failed, ...told } = JSON.parse(out);
  expect(told).toMatchObject({
    executionStatus: "FAILED",
    status: "Failed",
    error: "ImagesFailed",
    progress: { total: 3, ended: 3, failed: 3, running: 0, waiting: 0 },
    images: { selected: 3, failed: 3 },
  });
  const sources = failed.map(({ source }: { source: string }) => /:(v\d)/.exec(source)?.[1]);
  expect(sources.toSorted()).toEqual(tags(3));
});

test("without access to the work bucket, a failed run is told of by what Step Functions says", async () => {
  const from = await createRepository(aws, accounts.pipeline, { name: `denied${++named}/app` });
  const config = fileWith(copiesRule(`denied${named}`));
  const denied = { fault: "accessDenied", times: 9 } as const;
  aws.faults.add({
    service: "ecr",
    operation: "ListImages",
    detail: { repositoryName: from.name },
    ...denied,
  });
  aws.faults.add({ service: "s3", operation: "GetObject", account: accounts.pipeline, ...denied });
  const { status, out, err } = await ecr(["sync", "--config", config, "--state-machine", machine]);
  expect(status).toBe(1);
  expect(out).toMatch(/^run {11}team, failed\nexecution {5}arn:/);
  expect(out).toMatch(new RegExp(`^failed {8}\\S*/${from.name}: AccessDenied: `, "m"));
  expect(err).toContain("ImagesFailed: 1 of 1 repositories of the rule team failed");
});

test("a run that was stopped has not failed of the images that it has not come to", async () => {
  const { from, to } = await pair(60);
  const config = fileWith(ruleOf(from.name, to.name));
  const started = await ecr(["start", "team", "--config", config, "--state-machine", machine]);
  const executionArn = started.out.trim();
  await statesOf(aws).send(new StopExecutionCommand({ executionArn }));
  const { status, out, err } = await ecr(["status", executionArn]);
  expect(status).toBe(1);
  expect(out).toMatch(/^run +team, aborted\n/);
  expect(out).not.toContain("failed");
  expect(err).toBe("ecr-replicator: Unavailable: the execution ended as ABORTED\n");
});

test("an execution that does not exist is wrong usage, and one that failed of its input is not", async () => {
  const absent = await ecr(["status", "nosuch", "--state-machine", machine]);
  expect(absent).toMatchObject({ status: 2, out: "" });
  expect(absent.err).toContain(
    `there is no execution ${machine.replace("stateMachine", "execution")}:nosuch; `,
  );
  const { arn } = await execute(aws, { name: "team" }, machines.OwnRolesImages);
  const invalid = await ecr(["status", arn]);
  expect(invalid.status).toBe(1);
  expect(invalid.err).toContain("ecr-replicator: RequestInvalid: ");
});

test("without an ARN, the state machine is ReplicateImages, of the account and Region in use", async () => {
  const { from, to } = await pair(1);
  const config = fileWith(ruleOf(from.name, to.name));
  const started = await ecr(["start", "--json", "--config", config]);
  expect(JSON.parse(started.out).execution).toContain(`:execution:${machines.ReplicateImages}:`);
  const elsewhere = await run({ ...operator, AWS_REGION: "us-east-1" }, ["status"]);
  expect(elsewhere).toMatchObject({ status: 2, out: "" });
  expect(elsewhere.err).toContain(
    "there is no state machine ReplicateImages in us-east-1 in this account; give",
  );
  const nowhere = await run(signedIn(aws.endpoint, accounts.pipeline), ["status"]);
  expect(nowhere.err).toContain(
    "no Region is set; give --state-machine ARN, or set AWS_PROFILE or AWS_REGION",
  );
});

test.each([
  [["sync", "--config", "absent.yaml"], "--config: there is no file absent.yaml; expected one with rules"],
  [["plan", "inbox"], "--rule: 'inbox' has no source, since uploads start it; those with a source: "],
])("%j is wrong usage, said before anything is called", async (argv, sentence) => {
  const { status, out, err } = await run(nobody("http://127.0.0.1:1"), argv);
  expect({ status, out }).toEqual({ status: 2, out: "" });
  expect(err).toContain(sentence);
});
