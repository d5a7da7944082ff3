import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { accounts } from "./account.ts";
import { AwsCli } from "./aws-cli.ts";
import type { Stage } from "./check.ts";
import { sha256 } from "./skopeo.ts";

/** The AWS CLI on one repository of the source account, call by call. */
export class Hand {
  readonly #cli: AwsCli;
  readonly #directory: string;
  readonly repository: string;
  calls = 0;

  constructor(stage: Stage, repository: string) {
    this.repository = repository;
    this.#cli = new AwsCli(stage, accounts.source);
    this.#directory = stage.directory;
  }

  /** Runs one command of `aws ecr`. Throws ProgramFailed. */
  ecr(operation: string, ...args: string[]) {
    this.calls += 1;
    return this.#cli.call("ecr", operation, "--repository-name", this.repository, ...args);
  }

  /** Runs one command of `aws ecr` that must be refused so. Throws AssertionError. */
  refused(error: string, text: string, operation: string, ...args: string[]): Promise<void> {
    this.calls += 1;
    return this.#cli.refused(["ecr", operation, "--repository-name", this.repository, ...args], error, text);
  }

  /** Opens an upload: its id. */
  async open(): Promise<string> {
    return String((await this.ecr("initiate-layer-upload"))["uploadId"]);
  }

  /** The arguments that send these bytes as the part from there. */
  async part(uploadId: string, first: number, bytes: Uint8Array): Promise<string[]> {
    const path = join(this.#directory, "part");
    await writeFile(path, bytes);
    const range = ["--part-first-byte", String(first), "--part-last-byte", String(first + bytes.length - 1)];
    return ["--upload-id", uploadId, ...range, "--layer-part-blob", `fileb://${path}`];
  }

  /** Sends a part that must be taken. */
  async send(uploadId: string, first: number, bytes: Uint8Array): Promise<void> {
    const answer = await this.ecr("upload-layer-part", ...(await this.part(uploadId, first, bytes)));
    assert.equal(answer["lastByteReceived"], first + bytes.length - 1);
  }

  /** Uploads a blob in one part: its digest. */
  async upload(blob: Uint8Array): Promise<string> {
    const uploadId = await this.open();
    await this.send(uploadId, 0, blob);
    const { layerDigest } = await this.ecr("complete-layer-upload", ...closing(uploadId, sha256(blob)));
    assert.equal(layerDigest, sha256(blob));
    return sha256(blob);
  }
}

/** The arguments that close an upload into the layer of this digest. */
export function closing(uploadId: string, digest: string): string[] {
  return ["--upload-id", uploadId, "--layer-digests", digest];
}
