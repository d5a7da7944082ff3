import type { LocalAws } from "../../local/aws.ts";
import { imageOf, index } from "../fakes/image.ts";
import { digestsOf, pushSmall, tags } from "./many-images.ts";
import { accounts, startPipeline } from "./pipeline.ts";
import { createRepository, deleteTag, expectCopy, push, tagsOf } from "./repository.ts";
import { copiesRule, copyOf, keptReport, ownRegistry, ruleOf, run } from "./rule.ts";

let aws: LocalAws;
beforeAll(async () => {
  aws = await startPipeline();
});
afterEach(() => aws.faults.clear());
afterAll(() => aws.stop());

/** A repository of 20 images and its copy, after which some tags are deleted at the source. */
async function copiedThenDeleted(name: string, also: object, gone: readonly string[]) {
  const from = await createRepository(aws, accounts.pipeline, { name: `${name}/app` });
  const to = copyOf(from);
  await pushSmall(from, tags(20));
  const rule = ruleOf(from.name, to.name, { prune: true, ...also });
  expect((await run(aws, rule)).report).toMatchObject({ images: { copied: 20 }, tags: { deleted: 0 } });
  for (const tag of gone) await deleteTag(from, tag);
  aws.calls.length = 0;
  return { from, to, rule };
}

const writes = [
  "PutImage",
  "BatchDeleteImage",
  "InitiateLayerUpload",
  "UploadLayerPart",
  "CompleteLayerUpload",
];

function written(): string[] {
  return aws.calls.map(({ operation }) => operation).filter((operation) => writes.includes(operation));
}

test("a plan names the tags that are to go, and the run after it deletes these and no other", async () => {
  const { from, to, rule } = await copiedThenDeleted("planned", {}, ["v3", "v7"]);
  const { report } = await run(aws, { ...rule, mode: "plan" });
  expect(report).toMatchObject({
    status: "Planned",
    images: { selected: 18, inSync: 18 },
    tags: { deleted: 2 },
  });
  const named = ["v3", "v7"].map((tag) => `${ownRegistry}/${to.name}:${tag}`);
  expect(report?.examples.deleted.toSorted()).toEqual(named);
  expect(written()).toEqual([]);
  const second = await run(aws, rule);
  expect(second.report).toMatchObject({ status: "Replicated", tags: { deleted: 2, kept: 0 } });
  expect(second.report?.examples.deleted.toSorted()).toEqual(named);
  expect(written()).toEqual(["BatchDeleteImage"]);
  expect(await digestsOf(to)).toEqual(await digestsOf(from));
  expect((await run(aws, rule)).report).toMatchObject({ status: "InSync", tags: { deleted: 0 } });
});

test("a run that would delete more than maxDeletes deletes nothing, and fails with the list", async () => {
  const { to, rule } = await copiedThenDeleted("refused", {}, ["v3", "v7", "v11"]);
  const plan = await run(aws, { ...rule, mode: "plan" });
  expect(plan.report?.warnings).toEqual([
    "the run would delete none of 3 tags, and fail with PruneRefused: prune.maxDeletes allows 2",
  ]);
  const { status, error, cause } = await run(aws, rule);
  expect({ status, error }).toEqual({ status: "FAILED", error: "PruneRefused" });
  expect(cause?.message).toContain(
    "3 of 20 tags would be deleted, and prune.maxDeletes allows 2; nothing was deleted: ",
  );
  for (const tag of ["v3", "v7", "v11"]) expect(cause?.message).toContain(`${ownRegistry}/${to.name}:${tag}`);
  expect(written()).toEqual([]);
  expect(await tagsOf(to)).toHaveLength(20);
  const { report } = await run(aws, { ...rule, prune: { maxDeletes: 3 } });
  expect(report).toMatchObject({ tags: { deleted: 3 } });
  expect(await tagsOf(to)).toHaveLength(17);
});

test("tags that are protected stay, and so do those that the rule's filters do not name", async () => {
  const also = { tags: { include: ["v*"] }, prune: { maxDeletes: "100%", protect: ["v1?"] } };
  const { to, rule } = await copiedThenDeleted("protected", also, ["v3", "v13"]);
  await push(to, imageOf([8], 300), "latest");
  expect((await run(aws, rule)).report).toMatchObject({ tags: { deleted: 1, kept: 0 } });
  const left = await tagsOf(to);
  expect(left).toEqual(expect.arrayContaining(["v13", "latest"]));
  expect(left).not.toContain("v3");
});

test("an image that is part of an index is kept, and the run says so and succeeds", async () => {
  const { from, to, rule } = await copiedThenDeleted("indexed", { prune: { maxDeletes: 5 } }, []);
  const children = [imageOf([8, 9], 301), imageOf([8, 10], 302)];
  const [child] = children as [(typeof children)[0]];
  const parent = index(children);
  await push(from, parent, "all");
  await push(from, child, "amd64");
  expect((await run(aws, rule)).report).toMatchObject({ images: { copied: 2 } });
  await deleteTag(from, "all");
  await deleteTag(from, "amd64");
  await push(to, parent, "kept-by-others");
  const { report } = await run(aws, { ...rule, tags: { exclude: ["kept-*"] } });
  expect(report).toMatchObject({ status: "Replicated", tags: { deleted: 1, kept: 1 } });
  expect(report?.warnings).toEqual([
    `${ownRegistry}/${to.name}:amd64 was not deleted: it is part of an index`,
  ]);
  await expectCopy(to, parent);
});

test("an index and a tagged part of it that are both gone at the source are both deleted", async () => {
  const { from, to, rule } = await copiedThenDeleted("together", { prune: { maxDeletes: 5 } }, []);
  const children = [imageOf([8, 9], 303), imageOf([8, 10], 304)];
  await push(from, index(children), "z-all");
  await push(from, children[0] as (typeof children)[0], "a-part");
  await run(aws, rule);
  for (const tag of ["z-all", "a-part"]) await deleteTag(from, tag);
  expect((await run(aws, rule)).report).toMatchObject({ tags: { deleted: 2, kept: 0 } });
  expect(await digestsOf(to)).toEqual(await digestsOf(from));
});

test("a repository that is gone at the source is emptied where a pattern finds it", async () => {
  const { to } = await copiedThenDeleted("vanished", { prune: { maxDeletes: "100%" } }, []);
  const pattern = copiesRule("vanished", { prune: { maxDeletes: "100%", repositories: true } });
  aws.store.delete({ account: accounts.pipeline, region: to.region, name: "vanished/app" });
  await pushSmall(await createRepository(aws, accounts.pipeline, { name: "vanished/other" }), tags(2));
  const { report } = await run(aws, pattern);
  expect(report).toMatchObject({ images: { copied: 2 }, tags: { deleted: 20, kept: 0 } });
  expect(await tagsOf(to)).toEqual([]);
});

test("nothing is deleted in a run in which an image failed", async () => {
  const { from, to, rule } = await copiedThenDeleted("careful", {}, ["v3"]);
  const added = imageOf([8, 11], 305);
  await push(from, added, "new");
  aws.faults.add({
    service: "ecr",
    operation: "PutImage",
    detail: { repositoryName: to.name },
    fault: "accessDenied",
  });
  const execution = await run(aws, rule);
  expect(execution.error).toBe("ImagesFailed");
  expect(await tagsOf(to)).toContain("v3");
  expect(written()).not.toContain("BatchDeleteImage");
  const { warnings } = await keptReport(aws, execution);
  expect(warnings).toEqual(["1 tags were not deleted, since the run has failed"]);
});

test("a deletion that is throttled is tried again, and a function that is killed after it is followed by one that finds it done", async () => {
  const { from, to, rule } = await copiedThenDeleted("killed", {}, ["v3", "v7"]);
  const target = { service: "ecr", operation: "BatchDeleteImage" };
  aws.faults.add({ ...target, fault: "throttle" });
  aws.faults.add({ ...target, fault: "kill", before: false });
  const { report, retries } = await run(aws, rule);
  expect(report).toMatchObject({ status: "Replicated", tags: { deleted: 2, kept: 0 } });
  expect(retries).toBe(1);
  expect(await digestsOf(to)).toEqual(await digestsOf(from));
});
