import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalAws } from "../local/aws.ts";
import { type Check, Missing, type Stage } from "./check.ts";
import { craneTarball, dockerArchive, ociArchive } from "./checks/archives.ts";
import { buildah } from "./checks/buildah.ts";
import { commandLineHere, commandLineThere } from "./checks/command-line.ts";
import { compressedArchives } from "./checks/compressed-archives.ts";
import { crane } from "./checks/crane.ts";
import { docker } from "./checks/docker.ts";
import { imagesByHand } from "./checks/images-by-hand.ts";
import { inbox } from "./checks/inbox.ts";
import { indexOfPlatforms } from "./checks/index-of-platforms.ts";
import { layersByHand } from "./checks/layers-by-hand.ts";
import {
  fromCraneRegistry,
  fromDockerRegistry,
  fromDockerRegistryWithPassword,
} from "./checks/registries.ts";
import { replies, repliesOfMoto } from "./checks/replies.ts";
import { secondInterpreter } from "./checks/second-interpreter.ts";
import { secondInterpreterOfRules } from "./checks/second-interpreter-of-rules.ts";
import { additionalTag, severalImages } from "./checks/several-images.ts";
import { skopeoAndAwsCli } from "./checks/skopeo-and-aws-cli.ts";
import { isInstalled } from "./program.ts";

const checks: readonly Check[] = [
  skopeoAndAwsCli,
  indexOfPlatforms,
  commandLineHere,
  commandLineThere,
  ociArchive,
  dockerArchive,
  compressedArchives,
  additionalTag,
  severalImages,
  inbox,
  craneTarball,
  buildah,
  fromDockerRegistry,
  fromDockerRegistryWithPassword,
  fromCraneRegistry,
  layersByHand,
  imagesByHand,
  replies,
  repliesOfMoto,
  secondInterpreter,
  secondInterpreterOfRules,
  crane,
  docker,
];

type Outcome = "ok" | "FAILED" | "skipped";

process.exitCode = await main(process.argv[2] ?? "");

/** Tries the checks whose names hold a text, all of them by default: 1 when one failed. */
async function main(wanted: string): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), "interop-"));
  const aws = await startLocalAws({ assembly: "cdk.out" });
  const stateMachineArn = aws.states.machines().find(({ name }) => name === "ReplicateImage")?.arn ?? "";
  const counts: Record<Outcome, number> = { ok: 0, FAILED: 0, skipped: 0 };
  try {
    for (const check of checks.filter(({ name }) => name.includes(wanted))) {
      counts[await tried(check, { endpoint: aws.endpoint, stateMachineArn, directory })] += 1;
    }
  } finally {
    await aws.stop();
    await rm(directory, { recursive: true, force: true });
  }
  print(`\n${counts.ok} passed, ${counts.FAILED} failed, ${counts.skipped} skipped`);
  return counts.FAILED > 0 ? 1 : 0;
}

async function tried(check: Check, stage: Stage): Promise<Outcome> {
  const startedAt = performance.now();
  const tell = (outcome: Outcome, detail = "") => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    print(`${outcome.padEnd(8)}${check.name} (${[detail, `${seconds} s`].filter(Boolean).join(", ")})`);
    return outcome;
  };
  const missing = check.needs.filter((program) => !isInstalled(program));
  if (missing.length > 0) return tell("skipped", `not on this machine: ${missing.join(", ")}`);
  try {
    return tell("ok", await check.run(stage));
  } catch (error) {
    if (error instanceof Missing) return tell("skipped", error.message);
    return tell("FAILED", error instanceof Error ? error.message : String(error));
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
