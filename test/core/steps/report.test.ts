import { Failure, failureNames } from "../../../core/errors.ts";
import type { Plan } from "../../../core/model/plan.ts";
import { endedWith, report, reportFailure } from "../../../core/steps/report.ts";
import { imageOf } from "../../fakes/image.ts";
import { MemoryDestination } from "../../fakes/memory-destination.ts";
import { request } from "../../fakes/request.ts";

const { root, blobs } = imageOf([20, 30]);
const layers = { copied: 1, present: 2, bytesCopied: 3, bytesPresent: 4 };
const pending = [...blobs].map(([digest, { length }]) => ({
  digest,
  size: length,
  from: 0,
  upload: { id: "u", partSize: 10 },
}));
const plan: Plan = {
  next: "PutManifests",
  request,
  root,
  tasks: [{ blobs: pending.slice(0, 1) }, { blobs: pending.slice(1) }],
  layers,
  manifests: { copied: 0, present: 0 },
};
const startedAt = "2026-03-01T10:00:00.000Z";

describe("report", () => {
  test("has every field of a copied image", () => {
    const put = { image: 0, copied: 5, present: 6 };
    expect(report({ request, startedAt, plan, put }, new Date("2026-03-01T10:01:02.345Z"))).toEqual({
      status: "Replicated",
      source: `${request.source}@${root.digest}`,
      destination: `${request.destination}:1.0`,
      digest: root.digest,
      mediaType: root.mediaType,
      manifests: { copied: 5, present: 6 },
      layers,
      referrers: { copied: 0, present: 0, refused: 0, artifacts: [] },
      warnings: [],
      startedAt,
      seconds: 62.3,
    });
  });

  test.each(["InSync", "Planned"] as const)("has the plan's counts when it is %s", (status) => {
    const planned = { ...plan, status, manifests: { copied: 7, present: 8 } };
    expect(report({ request, startedAt, plan: planned }, new Date(startedAt))).toMatchObject({
      status,
      manifests: { copied: 7, present: 8 },
      seconds: 0,
    });
  });
});

test("a report of several images counts what was put of the one before the last once", () => {
  const before = {
    status: "Replicated",
    destination: "d",
    digest: root.digest,
    mediaType: root.mediaType,
  } as const;
  const ended = { images: [before] as const, layers, manifests: { copied: 2, present: 0 }, warnings: [] };
  const inSync: Plan = {
    ...plan,
    next: "Report",
    status: "InSync",
    manifests: { copied: 0, present: 3 },
    ended,
  };
  const put = { image: 0, copied: 2, present: 0 };
  expect(report({ request, startedAt, plan: inSync, put }, new Date(startedAt)).manifests).toEqual({
    copied: 2,
    present: 3,
  });
});

describe("reportFailure", () => {
  const failure = {
    name: "AccessDenied",
    side: "source",
    operation: "BatchGetImage",
    message: "no",
  } as const;

  async function reported(input: Parameters<typeof reportFailure>[0], destination = new MemoryDestination()) {
    const { error, cause } = await reportFailure(input, () => destination);
    return { error, cause: JSON.parse(cause) };
  }

  test("of the first plan says nothing of what was copied, and opens no destination", async () => {
    const { error, cause } = await reportFailure({ failure }, () => {
      throw new Error("must not be opened");
    });
    expect([error, JSON.parse(cause)]).toEqual([
      "AccessDenied",
      { side: "source", operation: "BatchGetImage", message: "no" },
    ]);
  });

  test("adds what had arrived of the round to what earlier rounds had copied", async () => {
    const destination = new MemoryDestination();
    const [digest = "", bytes = new Uint8Array()] = [...blobs][0] ?? [];
    destination.layers.set(digest, bytes);
    const { cause } = await reported({ plan, failure }, destination);
    expect(cause.copied).toEqual({
      layers: { ...layers, copied: 2, bytesCopied: 3 + bytes.length },
      images: 0,
    });
  });

  test("asks the destination nothing when the round had no layer", async () => {
    const destination = new MemoryDestination();
    const { cause } = await reported({ plan: { ...plan, tasks: [] }, failure }, destination);
    expect(cause.copied.layers).toEqual(layers);
    expect(destination.calls).toEqual([]);
  });

  test("keeps the first failure when the destination fails as well", async () => {
    const { error, cause } = await reportFailure({ plan, failure }, () => {
      throw new Failure("Throttled", { side: "destination", operation: "AssumeRole" }, "slower");
    });
    expect(error).toBe("AccessDenied");
    expect(JSON.parse(cause).copied.layers).toEqual(layers);
  });

  test.each(failureNames)("keeps the name %s and its message", async (name) => {
    const { error, cause } = await reported({ failure: { ...failure, name } });
    expect([error, cause.message]).toEqual([name, "no"]);
  });

  test.each(["States.Timeout", "Runtime.OutOfMemory", "Incomplete", "TypeError", "Sandbox.Timedout", ""])(
    "says Unavailable for %j, and what it was",
    async (name) => {
      const { error, cause } = await reported({ failure: { name, message: "what it said" } });
      expect(error).toBe("Unavailable");
      expect(cause).toEqual({
        operation: "RunStep",
        message: `a step ended with ${name}: what it said`,
      });
    },
  );
});

describe("a report of several images", () => {
  const ended = endedWith({ ...plan, status: "InSync" });

  test("is a plan when one of them was only planned, and a copy when one was copied", () => {
    const at = new Date(startedAt);
    expect(report({ request, startedAt, plan: { ...plan, ended, status: "Planned" } }, at).status).toBe(
      "Planned",
    );
    expect(report({ request, startedAt, plan: { ...plan, ended } }, at).status).toBe("Replicated");
    expect(report({ request, startedAt, plan: { ...plan, ended, status: "InSync" } }, at).status).toBe(
      "InSync",
    );
  });

  test("says each warning once, and not more than there is room for", () => {
    const same = endedWith({
      ...plan,
      ended: endedWith({ ...plan, warnings: ["one"] }),
      warnings: ["one", "two"],
    });
    expect(same.warnings).toEqual(["one", "two"]);
    const many = endedWith({
      ...plan,
      warnings: Array.from({ length: 30 }, (_, at) => `${at}`.padEnd(1_000)),
    });
    expect(many.warnings).toHaveLength(21);
    expect(many.warnings.at(-1)).toBe("and 10 more warnings");
  });

  test("that failed says which image it was, and how many were done", async () => {
    const failure = { name: "TagImmutable", message: "no" };
    const { cause } = await reportFailure({ plan: { ...plan, ended, tasks: [] }, failure }, () => {
      throw new Error("nobody is asked");
    });
    expect(JSON.parse(cause)).toMatchObject({ destination: request.destination, copied: { images: 1 } });
  });

  test("does not ask for layers that were being made, which have no digest yet", async () => {
    const destination = new MemoryDestination();
    const making = pending.map((blob) => ({ ...blob, make: { compression: "gzip" as const, output: 0 } }));
    const failure = { name: "Unavailable", message: "gone" };
    await reportFailure({ plan: { ...plan, tasks: [{ blobs: making }] }, failure }, () => destination);
    expect(destination.calls).toEqual([]);
  });
});
