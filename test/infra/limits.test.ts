import { maxTasks, type PendingBlob, shareOut } from "../../core/model/copy-task.ts";
import { maxImages } from "../../core/model/image-requests.ts";
import { maxBlobs } from "../../core/model/limits.ts";
import { noListing } from "../../core/model/listing.ts";
import type { EndedImage } from "../../core/model/plan.ts";
import { maxReferrers, type Referrer } from "../../core/model/referrer.ts";
import type { ReferrerReport, Report } from "../../core/model/report.ts";
import type { Run } from "../../core/model/run.ts";
import { noTotals, Tally, type Totals } from "../../core/model/totals.ts";
import { maxBlobsPerRound } from "../../core/steps/next-round.ts";
import { definitionOf, type State, tasksOf } from "./definition.ts";
import { type Execution, run } from "./run.ts";
import { synthesizeReplicator } from "./synthesized.ts";

// Step Functions Developer Guide, "Service quotas".
const maxHistoryEvents = 25_000;
const maxPayloadBytes = 262_144;
const maxDefinitionBytes = 1_048_576;

const mebibyte = 1024 * 1024;
// Amazon ECR User Guide, "Service quotas"; layers as Docker limits them.
const maxLayerBytes = 52_000 * mebibyte;
const layersOfImage = 127;

const template = synthesizeReplicator();
const definition = definitionOf(template);

/** How many tasks each round of an execution has. */
type Rounds = readonly number[];

/** The states that an execution of these rounds enters, each with how many tasks a Map has. */
function* walk(rounds: Rounds): Generator<{ state: State; items: number }> {
  let name: string | undefined = definition.StartAt;
  let round = 0;
  while (name !== undefined) {
    const state: State | undefined = definition.States[name];
    if (!state) throw new Error(`no state ${name}`);
    const items = name === "CopyLayers" ? (rounds[round++] ?? 0) : 0;
    yield { state, items };
    const answer = round < rounds.length ? "CopyLayers" : "PutManifests";
    name = state.Choices?.find((choice) => choice.StringEquals === answer)?.Next ?? state.Next;
  }
}

/** The events a state writes to the history; of a Task, with this many failed attempts (Developer Guide, "Execution history"). */
function eventsOf(state: State, items: number, failedAttempts: number): number {
  const task = 5 + 3 * failedAttempts;
  if (state.Type === "Task") return task;
  return state.Type === "Map" ? 4 + items * (2 + task) : 2;
}

function historyOf(rounds: Rounds, failedAttempts = 0): number {
  const startAndEnd = 2;
  return [...walk(rounds)].reduce(
    (sum, { state, items }) => sum + eventsOf(state, items, failedAttempts),
    startAndEnd,
  );
}

function transitionsOf(rounds: Rounds): number {
  return [...walk(rounds)].reduce((sum, { items }) => sum + 1 + items, 0);
}

describe("the history of an execution stays within 25,000 events", () => {
  test("for an image with as many layers as are copied", () => {
    const rounds = Array(Math.ceil(maxBlobs / maxBlobsPerRound)).fill(maxTasks);
    expect(historyOf(rounds)).toBeLessThanOrEqual(maxHistoryEvents);
  });

  test("for 127 layers of 52,000 MiB each, over lines of 10 MB/s", () => {
    const bytesOfRound = 840 * 10_000_000 * maxTasks;
    const rounds = Math.ceil((layersOfImage * maxLayerBytes) / bytesOfRound);
    expect(historyOf(Array(rounds).fill(maxTasks))).toBeLessThanOrEqual(maxHistoryEvents);
  });

  test("for as many images of an archive as are copied, each with a full round", () => {
    const [startAndEnd, oneImage] = [2, historyOf([maxTasks]) - 2];
    expect(startAndEnd + maxImages * oneImage).toBeLessThanOrEqual(maxHistoryEvents);
  });

  test("for a round of which every task is retried to the last", () => {
    const attempts = Math.max(...tasksOf(definition).map(([, state]) => attemptsOf(state)));
    expect(attempts).toBe(56);
    expect(historyOf([maxTasks], attempts)).toBeLessThanOrEqual(maxHistoryEvents);
  });
});

function attemptsOf({ Retry = [] }: State): number {
  return Retry.reduce((sum, { MaxAttempts }) => sum + MaxAttempts, 0);
}

describe("state transitions", () => {
  test.each([1, 2, maxTasks])(
    "of an image of one round with %d tasks are at most 8 and 2 for each task",
    (tasks) => {
      expect(transitionsOf([tasks])).toBe(8 + tasks);
      expect(transitionsOf([tasks])).toBeLessThanOrEqual(8 + 2 * tasks);
    },
  );
});

describe("payloads", () => {
  const upload = { id: "01234567-89ab-cdef-0123-456789abcdef", partSize: 10 * mebibyte };
  const blobs = Array.from({ length: maxBlobsPerRound }, (_, position): PendingBlob => {
    const digest = `sha256:${position.toString(16).padStart(64, "0")}`;
    return { digest, size: maxLayerBytes, upload, from: 0 };
  });
  const root = {
    mediaType: "application/vnd.docker.distribution.manifest.list.v2+json",
    digest: `sha256:${"f".repeat(64)}`,
    size: 4 * mebibyte,
  };
  // The longest lifecycle policy and a long repository policy.
  const request = {
    source: "s".repeat(1024),
    destination: "d".repeat(1024),
    createRepository: "p".repeat(41_000),
  };

  test("stay within 256 KiB when all layers of the largest round are paused", async () => {
    const tasks = shareOut(blobs);
    expect(tasks).toHaveLength(maxTasks);
    const plan = { root, request, tasks };
    let plans = 0;
    const execution = await run(definition, request, {
      Plan: () => (plans++ === 0 ? { next: "CopyLayers", ...plan } : { next: "PutManifests", ...plan }),
      CopyLayer: ({ task }) => ({
        paused: task.blobs.map((blob: PendingBlob) => ({ ...blob, from: maxLayerBytes })),
      }),
      PutManifests: () => ({ copied: 1, present: 0 }),
      Report: () => ({}),
    });
    expect(execution.error).toBeUndefined();
    expect(execution.calls).toHaveLength(maxTasks + 4);
    expect(largestInput(execution)).toBeLessThan(maxPayloadBytes * 0.7);
  });

  test("leave room for what is said of the images of an archive that are done", () => {
    const ended: EndedImage = {
      status: "Replicated",
      image: "n".repeat(255),
      destination: `${"d".repeat(60)}/${"n".repeat(256)}:${"t".repeat(128)}`,
      digest: root.digest,
      mediaType: root.mediaType,
    };
    const all = JSON.stringify(Array(maxImages).fill(ended));
    expect(Buffer.byteLength(all)).toBeLessThan(maxPayloadBytes * 0.25);
  });

  test("leave room for what is said of an image's artifacts, as they are planned and as they were put", () => {
    const artifact = {
      digest: root.digest,
      artifactType: `${"a".repeat(127)}/${"b".repeat(127)}`,
      tag: `${root.digest.replace(":", "-")}.sbom`,
    };
    const planned: Referrer = {
      ...artifact,
      mediaType: root.mediaType,
      digest: `sha256:${"f".repeat(64)}`,
      size: 1,
    };
    const put: ReferrerReport = { ...artifact, outcome: "refused", reason: "r".repeat(200) };
    const all = JSON.stringify([Array(maxReferrers).fill(planned), Array(maxReferrers).fill(put)]);
    expect(Buffer.byteLength(all)).toBeLessThan(maxPayloadBytes * 0.5);
  });

  test.each(["StateMachine", "ImagesStateMachine"])(
    "of the definition of %s stay within a mebibyte",
    (id) => {
      expect(Buffer.byteLength(JSON.stringify(definitionOf(template, id)))).toBeLessThan(maxDefinitionBytes);
    },
  );
});

describe("the state of a run", () => {
  const host = "222222222222.dkr.ecr.eu-central-1.amazonaws.com";
  const place = `${host}/${"n".repeat(256)}:${"t".repeat(128)}`;
  const pinned = `${place}@sha256:${"f".repeat(64)}`;
  // Each of its characters takes six bytes in JSON.
  const message = "\u0001".repeat(10_000);
  const failed = { source: place, destination: place, error: "RepositoryNotFound", message };
  const report: Report = {
    ...{ status: "Replicated", source: pinned, destination: place, digest: "", mediaType: "" },
    manifests: { copied: maxReferrers, present: maxReferrers },
    layers: { copied: maxBlobs, present: maxBlobs, bytesCopied: 2 ** 52, bytesPresent: 2 ** 52 },
    referrers: { copied: 0, present: 0, refused: 0, artifacts: [] },
    warnings: [message],
    tasks: maxTasks,
    startedAt: "2026-11-23T07:30:13.000Z",
    seconds: 1,
  };
  // With the longest policies that ECR takes, and as many tags as a repository can have.
  const rule: Run = {
    name: "r".repeat(40),
    source: `${host}/*`,
    destination: `${host}/${"n".repeat(255)}*`,
    tags: { include: Array(50).fill("t".repeat(128)), exclude: Array(50).fill("t".repeat(128)) },
    prune: { protect: Array(50).fill("t".repeat(128)) },
    createRepository: {
      lifecyclePolicy: "l".repeat(30_720),
      repositoryPolicy: "p".repeat(10_240),
      tags: Object.fromEntries(
        Array.from({ length: 50 }, (_, at) => [`${at}`.padEnd(128, "k"), "v".repeat(256)]),
      ),
    },
  };

  /** What has been told of, when there was as much to tell as can be. */
  function fullTotals(): Totals {
    const tally = new Tally(noTotals());
    const most = { created: Array(100).fill(place), failed: Array(100).fill(failed) };
    tally.listed({ ...noListing, ...most, errors: { RepositoryNotFound: 100 }, after: "n".repeat(256) });
    for (let image = 0; image < 100; image++) {
      tally.ended(failed);
      tally.ended({ ...report, warnings: [`${image} ${message}`] });
    }
    return tally.totals;
  }

  test("stays within 256 KiB for the largest rule, when all is told of that can be, and the last step fails", () => {
    const totals = fullTotals();
    const told = [totals.failedImages, totals.copiedImages, totals.listing.failed, totals.warnings];
    expect(told.map(({ length }) => length)).toEqual([20, 20, 20, 20]);
    const key = `runs/${"m".repeat(80)}/${rule.name}/${"e".repeat(80)}/redrive-1000/1000/results/${"u".repeat(36)}/manifest.json`;
    const state = {
      run: rule,
      startedAt: report.startedAt,
      execution: "e".repeat(256),
      redrives: 1000,
      listing: {
        ...totals.listing,
        failed: totals.listing.failed.slice(0, 10),
        next: "CopyImages",
        copies: { key },
        results: key,
        concurrency: 1000,
      },
      copied: { MapRunArn: "m".repeat(256), ResultWriterDetails: { Bucket: "b".repeat(63), Key: key } },
      totals,
      pruned: {
        deleted: 1,
        kept: 1,
        examples: Array(20).fill(place),
        warnings: Array(20).fill(`${place} is kept`),
      },
      // The longest cause (Step Functions API Reference, SendTaskFailure).
      failure: { Error: "PruneRefused", Cause: "c".repeat(32_768) },
    };
    const bytes = Buffer.byteLength(JSON.stringify({ state, redrives: 1000 }));
    expect(bytes).toBeGreaterThan(maxPayloadBytes * 0.5);
    expect(bytes).toBeLessThan(maxPayloadBytes * 0.95);
  });
});

function largestInput({ calls }: Execution): number {
  return Math.max(...calls.map(({ input }) => Buffer.byteLength(JSON.stringify(input))));
}
