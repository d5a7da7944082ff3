import { cosignTags, fallbackTag } from "../../core/model/referrer.ts";
import type { LocalAws } from "../../local/aws.ts";
import { bytesOf, type Content, families, image, imageOf, index } from "../fakes/image.ts";
import { RecordingRegistry, says } from "../fakes/recording-registry.ts";
import { execute, requestOf } from "./execution.ts";
import { accounts, startPipeline } from "./pipeline.ts";
import { requestFromRegistry } from "./registry.ts";
import {
  createPair,
  createRepository,
  digestOfTag,
  expectCopy,
  push,
  type Repository,
  referrersOf,
} from "./repository.ts";

const artifactType = "application/vnd.example.signature";
const content = imageOf([3, 40]);
const [signatureTag = "", attestationTag = ""] = cosignTags(content.root.digest);

let aws: LocalAws;
let made = 0;
beforeAll(async () => {
  aws = await startPipeline();
});
afterAll(() => aws.stop());

/** An artifact that refers to an image. */
function referrerOf({ root }: Content): Content {
  return image({ layers: [bytesOf(15, ++made)], also: { subject: root, artifactType } });
}

/** An artifact that refers to an image by nothing but its tag, as cosign's do. */
function signature(): Content {
  return image({ layers: [bytesOf(16, ++made)] });
}

async function expectArrived(to: Repository, listed: readonly Content[], tagged: Record<string, Content>) {
  expect((await referrersOf(to, content.root.digest)).toSorted()).toEqual(
    listed.map(({ root }) => root.digest).toSorted(),
  );
  for (const each of listed) await expectCopy(to, each);
  for (const [tag, each] of Object.entries(tagged)) {
    expect(await digestOfTag(to, tag)).toBe(each.root.digest);
    await expectCopy(to, each);
  }
}

describe("artifacts in ECR", () => {
  test("go along by the list and by cosign's tags, and artifacts of artifacts with them", async () => {
    const { from, to } = await createPair(aws);
    const [referrer, signed, attestation] = [referrerOf(content), signature(), signature()];
    const countersigned = referrerOf(referrer);
    await push(from, content, "1");
    for (const each of [referrer, countersigned]) await push(from, each);
    await push(from, signed, signatureTag);
    await push(from, attestation, attestationTag);
    const { report } = await execute(aws, requestOf({ from, to }));
    expect(report).toMatchObject({ digest: content.root.digest, warnings: [] });
    expect(report?.referrers).toMatchObject({ copied: 4, present: 0, refused: 0 });
    await expectArrived(to, [referrer], { [signatureTag]: signed, [attestationTag]: attestation });
    expect(await referrersOf(to, referrer.root.digest)).toEqual([countersigned.root.digest]);
  });

  test("that are attached later go along when that is asked for", async () => {
    const { from, to } = await createPair(aws);
    await push(from, content, "1");
    const request = requestOf({ from, to });
    await execute(aws, request);
    const late = referrerOf(content);
    await push(from, late);
    expect((await execute(aws, request)).report?.status).toBe("InSync");
    const { report } = await execute(aws, { ...request, referrers: true });
    expect(report?.referrers).toMatchObject({ copied: 1, refused: 0 });
    await expectArrived(to, [late], {});
  });

  test("stay behind where they are not wanted", async () => {
    const { from, to } = await createPair(aws);
    await push(from, content, "1");
    await push(from, referrerOf(content));
    const { report } = await execute(aws, { ...requestOf({ from, to }), referrers: false });
    expect(report?.referrers.copied).toBe(0);
    await expectArrived(to, [], {});
  });

  test("of which the destination refuses one are a warning that names it, and the others arrive", async () => {
    const from = await createRepository(aws, accounts.source);
    const to = await createRepository(aws, accounts.destination, { immutable: true });
    const [referrer, signed, other] = [referrerOf(content), signature(), signature()];
    await push(from, content, "1");
    await push(from, referrer);
    await push(from, signed, signatureTag);
    await push(to, other, signatureTag);
    const { report } = await execute(aws, requestOf({ from, to }));
    expect(report).toMatchObject({ status: "Replicated", referrers: { copied: 1, refused: 1 } });
    expect(report?.warnings).toEqual([expect.stringContaining(signatureTag)]);
    expect(report?.referrers.artifacts).toContainEqual({
      digest: signed.root.digest,
      tag: signatureTag,
      outcome: "refused",
      reason: expect.stringContaining("immutable"),
    });
    expect(await digestOfTag(to, "1")).toBe(content.root.digest);
    await expectArrived(to, [referrer], { [signatureTag]: other });
  });
});

describe("artifacts in a registry", () => {
  let registry: RecordingRegistry;
  beforeEach(async () => {
    registry = await RecordingRegistry.start();
    registry.add(content, "1");
  });
  afterEach(() => registry.close());

  test("go along by the fallback tag, where there is no API, and by cosign's tags", async () => {
    const to = await createRepository(aws, accounts.destination);
    const [referrer, signed] = [referrerOf(content), signature()];
    registry.add(index([referrer], { entries: [{ artifactType }] }), fallbackTag(content.root.digest));
    registry.add(signed, signatureTag);
    const { report } = await execute(aws, requestFromRegistry(registry, to));
    expect(report?.referrers).toMatchObject({ copied: 2, refused: 0 });
    expect(report?.warnings).toEqual([]);
    await expectArrived(to, [referrer], { [signatureTag]: signed });
  });

  test("go along by the API, which makes the fallback tag needless", async () => {
    const to = await createRepository(aws, accounts.destination);
    const [referrer, old] = [referrerOf(content), referrerOf(content)];
    registry.add(referrer);
    registry.add(index([old]), fallbackTag(content.root.digest));
    const list = JSON.stringify({
      schemaVersion: 2,
      mediaType: families.oci.index,
      manifests: [referrer.root],
    });
    const answer = says(200, list, { "content-type": families.oci.index });
    registry.answers.push({ to: `/referrers/${content.root.digest}`, answer });
    const { report } = await execute(aws, requestFromRegistry(registry, to));
    expect(report).toMatchObject({ warnings: [], referrers: { copied: 1, refused: 0 } });
    await expectArrived(to, [referrer], {});
    const asked = registry.requests.filter(({ path }) => path.endsWith(fallbackTag(content.root.digest)));
    expect(asked).toEqual([]);
  });

  test("of which one is gone are a warning that names it, and the image and the others arrive", async () => {
    const to = await createRepository(aws, accounts.destination);
    const [referrer, gone] = [referrerOf(content), referrerOf(content)];
    const listed = index([referrer, gone]);
    const manifests = new Map(listed.manifests);
    manifests.delete(gone.root.digest);
    registry.add({ ...listed, manifests }, fallbackTag(content.root.digest));
    const { report } = await execute(aws, requestFromRegistry(registry, to));
    expect(report).toMatchObject({ status: "Replicated", referrers: { copied: 1, refused: 1 } });
    expect(report?.warnings).toEqual([expect.stringContaining(gone.root.digest)]);
    await expectCopy(to, content);
    await expectArrived(to, [referrer], {});
  });
});
