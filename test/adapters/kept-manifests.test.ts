import { setDefaultCACertificates } from "node:tls";
import { KeptManifests } from "../../adapters/clients/registry/kept-manifests.ts";
import { openSides, type Surroundings } from "../../adapters/open.ts";
import { RegistrySource } from "../../adapters/sources/registry.ts";
import { digestOf } from "../../core/model/digest.ts";
import { exampleTest } from "../fakes/example-test.ts";
import { imageOf } from "../fakes/image.ts";
import { RecordingRegistry, says } from "../fakes/recording-registry.ts";
import { request } from "../fakes/request.ts";

const mebibyte = 1024 * 1024;
const content = imageOf([30, 7]);
const { root } = content;
let registry: RecordingRegistry;

beforeAll(() => setDefaultCACertificates([exampleTest.cert]));
beforeEach(async () => {
  registry = await RecordingRegistry.start();
  registry.add(content, "1.0");
});
afterEach(() => registry.close());

/** Reads the image's manifest by a source of its own, as each step does. */
async function read(access?: string, host = registry.host()): Promise<Buffer> {
  const settings = registry.settings();
  const source = new RegistrySource({ host, name: "app" }, async () => undefined, settings, access);
  return Buffer.from(await source.readManifest(root));
}

describe("a manifest of a registry", () => {
  test("is read once by all sources of one access", async () => {
    for (let step = 0; step < 3; step++) expect(digestOf(await read("user"))).toBe(root.digest);
    expect(registry.requests).toHaveLength(1);
  });

  test("is read again for another secret, from another host, and where no access is named", async () => {
    await read("user");
    await read("arn:aws:secretsmanager:eu-central-1:333333333333:secret:one");
    await read("user", registry.host("mirror"));
    await read();
    await read();
    expect(registry.requests).toHaveLength(5);
  });

  test("is read once for all steps of a request, and again for one with a secret", async () => {
    const sides = openSides(registry.settings() as Surroundings);
    const source = `${registry.host()}/app:1.0`;
    for (let step = 0; step < 3; step++) await sides.source({ ...request, source }).readManifest(root);
    expect(registry.requests).toHaveLength(1);
    const sourceSecretArn = "arn:aws:secretsmanager:eu-central-1:333333333333:secret:one";
    await sides.source({ ...request, source, sourceSecretArn }).readManifest(root);
    expect(registry.requests).toHaveLength(2);
  });

  test("is not kept when it has another digest", async () => {
    registry.answers.push({ to: "/manifests/", answer: says(200, "{}", { "content-type": root.mediaType }) });
    expect(digestOf(await read("user"))).not.toBe(root.digest);
    expect(digestOf(await read("user"))).toBe(root.digest);
  });
});

describe("of the manifests that are kept", () => {
  const reads: number[] = [];
  const get = (kept: KeptManifests, number: number, size: number) => {
    const bytes = Buffer.alloc(size, String(number));
    return kept.get(String(number), digestOf(bytes), async () => {
      reads.push(number);
      return bytes;
    });
  };
  beforeEach(() => {
    reads.length = 0;
  });

  test.each([
    [4 * mebibyte, 4],
    [8, 1_000],
  ])("of %i bytes each the oldest goes after %i", async (size, most) => {
    const kept = new KeptManifests();
    for (let number = 0; number < most; number++) await get(kept, number, size);
    await get(kept, 0, size);
    expect(reads).toHaveLength(most);
    await get(kept, most, size);
    await get(kept, 1, size);
    expect(reads).toHaveLength(most + 1);
    await get(kept, 0, size);
    expect(reads.slice(most)).toEqual([most, 0]);
  });
});
