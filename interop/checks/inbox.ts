import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { accounts, region } from "../account.ts";
import { builtImage, identityOf } from "../archive.ts";
import { AwsCli, createRepositories } from "../aws-cli.ts";
import type { Check, Stage } from "../check.ts";
import { registryName } from "../image.ts";
import { run } from "../program.ts";
import { skopeoCopy } from "../skopeo.ts";

/** An archive that the AWS CLI uploads to the inbox is copied by that alone. */
export const inbox: Check = {
  name: "skopeo reads what was copied since the AWS CLI uploaded a compressed Docker archive to the inbox",
  needs: ["skopeo", "umoci", "dpkg", "tar", "aws", "gzip"],
  run: async (stage) => {
    const layout = await builtImage(stage);
    const to = { account: accounts.destination, region, repository: "interop-inbox", tag: "latest" };
    await createRepositories(stage, [to]);
    const file = join(stage.directory, `${to.repository}.tar`);
    await skopeoCopy(layout, `docker-archive:${file}`);
    await run("gzip", ["-1", file]);
    const cli = new AwsCli(stage, accounts.pipeline);
    const key = `images/${to.repository}.tar.gz`;
    await cli.call("s3", "cp", "--only-show-errors", `${file}.gz`, `s3://replication-inbox/${key}`);
    const { input, output } = await startedExecution(stage, cli);
    assert.equal(JSON.parse(input).source, `s3://replication-inbox/${key}`);
    assert.equal(JSON.parse(output).status, "Replicated");
    assert.deepEqual(await identityOf(`docker://${registryName(stage, to)}`), await identityOf(layout));
    return `${JSON.parse(output).digest.slice(0, 19)}…`;
  },
};

interface Described {
  readonly status: string;
  readonly input: string;
  readonly output: string;
  readonly cause?: string;
}

/** The one execution that the inbox's rule has started, when it has ended well. */
async function startedExecution({ stateMachineArn }: Stage, cli: AwsCli): Promise<Described> {
  for (const end = Date.now() + 60_000; Date.now() < end; await delay(300)) {
    const listed = await cli.call("stepfunctions", "list-executions", "--state-machine-arn", stateMachineArn);
    const executions = listed["executions"] as { name: string; executionArn: string; status: string }[];
    const started = executions.filter(({ name }) => name.startsWith("inbox-"));
    assert.ok(started.length <= 1, `one upload has started ${started.length} executions`);
    const [{ executionArn, status } = { executionArn: "", status: "RUNNING" }] = started;
    if (status === "RUNNING") continue;
    const one = await cli.call("stepfunctions", "describe-execution", "--execution-arn", executionArn);
    const described = one as unknown as Described;
    assert.equal(described.status, "SUCCEEDED", described.cause);
    return described;
  }
  throw new Error("60 s after the upload no execution had ended");
}
