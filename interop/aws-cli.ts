import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { accounts, administrator, region, roles } from "./account.ts";
import type { Stage } from "./check.ts";
import { ecrName, type Image } from "./image.ts";
import { ProgramFailed, run } from "./program.ts";

/** An answer of the AWS CLI, read from its JSON. */
export type Answer = Readonly<Record<string, unknown>>;

/** The AWS CLI as the administrator of one account. */
export class AwsCli {
  readonly #stage: Stage;
  readonly #account: string;
  readonly #region: string;

  constructor(stage: Stage, account: string, inRegion: string = region) {
    this.#stage = stage;
    this.#account = account;
    this.#region = inRegion;
  }

  /** Runs one command: its answer. Throws ProgramFailed. */
  async call(...args: string[]): Promise<Answer> {
    const { endpoint } = this.#stage;
    // Old releases do not read AWS_ENDPOINT_URL.
    const fixed = ["--endpoint-url", endpoint, "--region", this.#region, "--output", "json"];
    const stdout = await run("aws", [...fixed, ...args], { env: administrator(this.#account, endpoint) });
    return stdout.length === 0 ? {} : (JSON.parse(stdout.toString("utf8")) as Answer);
  }

  /** Runs one command that must be refused with this error and a text that holds this. Throws AssertionError. */
  async refused(args: readonly string[], error: string, text: string): Promise<void> {
    const told = await this.call(...args).then(
      (answer) => `no error but ${JSON.stringify(answer)}`,
      (failure: unknown) => {
        if (failure instanceof ProgramFailed) return failure.stderr.trim();
        throw failure;
      },
    );
    assert.ok(told.includes(`(${error})`), `${args[1]} was to be refused with ${error}: ${told}`);
    assert.ok(told.includes(text), `${args[1]} was to say "${text}": ${told}`);
  }
}

/** Creates the repositories of some images. */
export async function createRepositories(stage: Stage, images: readonly Image[]): Promise<void> {
  for (const { account, region: of, repository } of images) {
    await new AwsCli(stage, account, of).call("ecr", "create-repository", "--repository-name", repository);
  }
}

/** Replicates an image with the deployed state machine: the execution's output. */
export async function replicate(stage: Stage, source: Image, destination: Image): Promise<Answer> {
  const cli = new AwsCli(stage, accounts.pipeline);
  const input = JSON.stringify({
    source: ecrName(source),
    destination: ecrName(destination),
    sourceRoleArn: roles.source,
    destinationRoleArn: roles.destination,
  });
  const what = ["--state-machine-arn", stage.stateMachineArn, "--input", input];
  const { executionArn } = await cli.call("stepfunctions", "start-execution", ...what);
  const execution = ["--execution-arn", String(executionArn)];
  for (const end = Date.now() + 120_000; Date.now() < end; await delay(500)) {
    const state = await cli.call("stepfunctions", "describe-execution", ...execution);
    if (state["status"] === "SUCCEEDED") return JSON.parse(String(state["output"])) as Answer;
    if (state["status"] !== "RUNNING")
      throw new Error(`the execution ended as ${state["status"]}: ${state["error"]}: ${state["cause"]}`);
  }
  throw new Error("the execution was still running after 120 s");
}
