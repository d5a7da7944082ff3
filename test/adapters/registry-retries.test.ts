import { setDefaultCACertificates } from "node:tls";
import {
  exhaustion,
  isExhausted,
  pullLimitOf,
  pullWarning,
} from "../../adapters/clients/registry/pull-limit.ts";
import type { RegistrySource } from "../../adapters/sources/registry.ts";
import { exampleTest } from "../fakes/example-test.ts";
import { blobOf, bytesOf, image } from "../fakes/image.ts";
import { RecordingRegistry, says } from "../fakes/recording-registry.ts";
import { readBlob, rejection, sourceIn } from "../fakes/registry-source.ts";

const layer = bytesOf(1_000);
const blob = blobOf(layer);
const content = image({ layers: [layer] });
const left = (remaining: number) => ({
  "ratelimit-limit": "100;w=21600",
  "ratelimit-remaining": `${remaining};w=21600`,
});
let registry: RecordingRegistry;
let source: RegistrySource;

beforeAll(() => setDefaultCACertificates([exampleTest.cert]));
beforeEach(async () => {
  registry = await RecordingRegistry.start();
  registry.add(content, "1.0");
  source = sourceIn(registry);
});
afterEach(() => {
  jest.restoreAllMocks();
  registry.close();
});

/** Stops the clock, at a whole second, and says where. */
function clock(): number {
  const now = Math.floor(Date.now() / 1_000) * 1_000;
  jest.spyOn(Date, "now").mockReturnValue(now);
  return now;
}

const answers = (count: number, ...answer: Parameters<typeof says>) => {
  for (let asked = 0; asked < count; asked++) registry.answers.push({ to: "/", answer: says(...answer) });
};

/** Every way of asking a registry for something. */
const asking: Record<string, () => Promise<unknown>> = {
  "a tag": () => source.resolve("1.0"),
  "a manifest": () => source.readManifest(content.root),
  "a blob": () => readBlob(source, blob),
};

describe.each(Object.keys(asking))("%s", (what) => {
  const ask = () => asking[what]?.() as Promise<unknown>;

  test.each([408, 429, 500, 502, 503, 504])(
    "is asked for again after %i, up to four times",
    async (status) => {
      answers(3, status);
      await ask();
      expect(registry.requests).toHaveLength(4);
      expect(registry.waits).toHaveLength(3);
      for (const [attempt, wait] of registry.waits.entries())
        expect(wait).toBeLessThanOrEqual(1_000 * 2 ** attempt);
    },
  );

  test.each([
    [429, "Throttled"],
    [500, "Unavailable"],
    [503, "Unavailable"],
  ])("ends with a stable name after four times %i", async (status, name) => {
    answers(4, status);
    const error = await rejection(ask());
    expect(error).toMatchObject({ name, side: "source" });
    expect(error.message).toContain(`${registry.host()} answers with HTTP status ${status}`);
    expect(registry.requests).toHaveLength(4);
  });

  test("waits as long as it is told to, up to half a minute", async () => {
    answers(1, 429, "", { "retry-after": "7" });
    answers(1, 503, "", { "retry-after": "30" });
    answers(1, 429, "", { "retry-after": "0" });
    await ask();
    expect(registry.waits).toEqual([7_000, 30_000, 0]);
  });

  test.each([429, 503])("does not wait for longer after %i, and says until when", async (status) => {
    answers(1, status, "", { "retry-after": "31" });
    const now = clock();
    const error = await rejection(ask());
    expect(error).toMatchObject({ name: "Throttled", side: "source" });
    const until = /asks to be left alone until (\S+Z);/.exec(error.message)?.[1] ?? "";
    expect(Date.parse(until)).toBe(now + 31_000);
    expect(registry.waits).toEqual([]);
  });

  test("waits until the date that it is told", async () => {
    const now = clock();
    answers(1, 503, "", { "retry-after": new Date(now + 20_000).toUTCString() });
    answers(1, 503, "", { "retry-after": new Date(now - 20_000).toUTCString() });
    await ask();
    expect(registry.waits).toEqual([20_000, 0]);
  });

  test.each(["soon", "-1", "1.5", "9999999999", ""])(
    "takes no account of being told to wait for %j",
    async (value) => {
      answers(1, 503, "", { "retry-after": value });
      await ask();
      expect(registry.waits[0]).toBeLessThanOrEqual(1_000);
    },
  );

  test("does not ask again when no more pulls are allowed", async () => {
    answers(1, 429, "", left(0));
    const error = await rejection(ask());
    expect(error).toMatchObject({ name: "Throttled", side: "source" });
    expect(error.message).toMatch(
      /allows no more pulls until \S+Z at the latest \(100 in 6 h are used up\); sign in/,
    );
    expect(registry.requests).toHaveLength(1);
  });
});

test("a token is asked for again where the server is busy", async () => {
  registry.auth = "bearer";
  for (let asked = 0; asked < 3; asked++) registry.answers.push({ to: "/token", answer: says(503) });
  await source.resolve("1.0");
  expect(registry.waits).toHaveLength(3);
});

test("a storage that stays busy is told by its name", async () => {
  registry.redirects.set(`/v2/app/blobs/${blob.digest}`, registry.stored(blob.digest));
  for (let asked = 0; asked < 4; asked++) registry.answers.push({ to: "/storage/", answer: says(503) });
  const error = await rejection(readBlob(source, blob));
  expect(error).toMatchObject({ name: "Unavailable", operation: "ReadBlob" });
  expect(error.message).toContain(`${registry.host("storage")} answers with HTTP status 503`);
});

describe("the pulls that are left", () => {
  test.each([
    [100, []],
    [11, []],
    [10, [expect.stringContaining("allows 10 more pulls (of 100 in 6 h); sign in")]],
    [1, [expect.stringContaining("allows 1 more pull (of 100 in 6 h)")]],
    [0, [expect.stringContaining("allows 0 more pulls")]],
  ])("are warned of from a tenth on: %i", async (remaining, warnings) => {
    expect(source.warnings()).toEqual([]);
    registry.headers = left(remaining);
    await source.resolve("1.0");
    expect(source.warnings()).toEqual(warnings);
  });

  test("are those of the last answer that says them", async () => {
    registry.headers = left(5);
    await source.resolve("1.0");
    registry.headers = {};
    await source.resolve("1.0");
    expect(source.warnings()).toHaveLength(1);
    registry.headers = left(80);
    await source.resolve("1.0");
    expect(source.warnings()).toEqual([]);
  });

  const headers = (remaining: string, limit = "100;w=21600") =>
    new Map([
      ["ratelimit-remaining", remaining],
      ["ratelimit-limit", limit],
    ]);

  test("are read with their window, without it, and not from anything else", () => {
    expect(pullLimitOf(headers("76;w=21600"))).toEqual({ remaining: 76, limit: 100, window: 21_600 });
    expect(pullLimitOf(headers("76", "200"))).toEqual({ remaining: 76, limit: 200, window: 0 });
    expect(pullLimitOf(headers("many"))).toBeUndefined();
    expect(pullLimitOf(headers("-1"))).toBeUndefined();
    expect(pullLimitOf(new Map())).toBeUndefined();
  });

  test("of Docker Hub are told of under its name", () => {
    const limit = { remaining: 3, limit: 200, window: 21_600 };
    expect(pullWarning("docker.io", limit)).toMatch(/^Docker Hub allows 3 more pulls \(of 200 in 6 h\)/);
    expect(exhaustion("registry-1.docker.io", { headers: headers("0") })).toMatch(
      /^Docker Hub allows no more pulls until/,
    );
  });

  test("are none by Docker Hub's sentence alone, which names no time", () => {
    const body = Buffer.from(
      "You have reached your pull rate limit. You may increase the limit by authenticating",
    );
    expect(isExhausted({ status: 429, headers: new Map(), body })).toBe(true);
    expect(isExhausted({ status: 200, headers: new Map(), body })).toBe(false);
    expect(isExhausted({ status: 429, headers: new Map(), body: Buffer.from("slow down") })).toBe(false);
    const now = clock();
    const [, until = ""] =
      /until (\S+Z) at the latest;/.exec(exhaustion("docker.io", { headers: new Map() })) ?? [];
    expect(Date.parse(until)).toBe(now + 21_600_000);
    expect(exhaustion("docker.io", { headers: new Map() }, 60_000)).not.toContain("at the latest");
  });
});
