import { appendFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { EcrStore } from "../../../local/ecr/store.ts";
import { account, digestOf, LocalEcr, region } from "./local-ecr.ts";

let ecr: LocalEcr;
beforeEach(() => {
  ecr = new LocalEcr();
});
afterEach(() => ecr.dispose());

const key = { account, region, name: "app" };

test("a repository is described as it was created", async () => {
  const before = Date.now() / 1000;
  const { repository } = await ecr.call("CreateRepository", {
    repositoryName: "team/app",
    imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
    imageTagMutabilityExclusionFilters: [{ filterType: "WILDCARD", filter: "dev*" }],
    imageScanningConfiguration: { scanOnPush: true },
    encryptionConfiguration: { encryptionType: "KMS", kmsKey: "alias/key" },
    tags: [{ Key: "team", Value: "" }],
  });
  expect(repository).toEqual({
    repositoryArn: `arn:aws:ecr:${region}:${account}:repository/team/app`,
    registryId: account,
    repositoryName: "team/app",
    repositoryUri: `${account}.dkr.ecr.${region}.amazonaws.com/team/app`,
    createdAt: expect.any(Number),
    imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
    imageTagMutabilityExclusionFilters: [{ filterType: "WILDCARD", filter: "dev*" }],
    imageScanningConfiguration: { scanOnPush: true },
    encryptionConfiguration: { encryptionType: "KMS", kmsKey: "alias/key" },
  });
  expect(repository.createdAt).toBeGreaterThanOrEqual(before);
  const { repositories } = await ecr.call("DescribeRepositories", { repositoryNames: ["team/app"] });
  expect(repositories).toEqual([repository]);
});

test("a repository exists once in each account", async () => {
  await ecr.createRepository();
  await expect(ecr.createRepository()).rejects.toMatchObject({
    name: "RepositoryAlreadyExistsException",
    message: `The repository with name 'app' already exists in the registry with id '${account}'`,
  });
  await ecr.call("CreateRepository", { repositoryName: "app" }, "222222222222");
  expect((await ecr.call("DescribeRepositories", {}))["repositories"]).toHaveLength(1);
});

test("names of 2 and of 256 characters are taken, and names that share a beginning are kept apart", async () => {
  const long = "a".repeat(255);
  for (const name of ["a0", `${long}1`, `${long}2`, "a/b", "a_b"]) await ecr.createRepository(name);
  await ecr.putLayer("x", `${long}1`);
  await ecr.putLayer("x", `${long}2`);
  expect((await ecr.call("DescribeRepositories", {}))["repositories"]).toHaveLength(5);
});

test("bad settings are refused", async () => {
  const create = (more: object) => ecr.createRepository("app", more);
  const filters = [{ filterType: "WILDCARD", filter: "v*" }];
  const invalid = { name: "InvalidParameterException" };
  await expect(create({ imageTagMutability: "MUTABLE_WITH_EXCLUSION" })).rejects.toMatchObject(invalid);
  await expect(create({ imageTagMutabilityExclusionFilters: filters })).rejects.toMatchObject(invalid);
  const tags = (count: number) => ({ tags: Array(count).fill({ Key: "k", Value: "v" }) });
  await expect(create(tags(51))).rejects.toMatchObject({ name: "TooManyTagsException" });
  await expect(create({ tags: [{ Key: "k".repeat(129), Value: "" }] })).rejects.toMatchObject({
    name: "InvalidTagParameterException",
  });
  await create(tags(50));
});

test("a repository with images is deleted only by force", async () => {
  await ecr.createRepository();
  await ecr.putImage("one");
  await expect(ecr.call("DeleteRepository", { repositoryName: "app" })).rejects.toMatchObject({
    name: "RepositoryNotEmptyException",
    message: `The repository with name 'app' in registry with id '${account}' cannot be deleted because it still contains images`,
  });
  await ecr.call("DeleteRepository", { repositoryName: "app", force: true });
  await expect(ecr.call("ListImages", { repositoryName: "app" })).rejects.toMatchObject({
    name: "RepositoryNotFoundException",
    message: `The repository with name 'app' does not exist in the registry with id '${account}'`,
  });
  await ecr.createRepository();
  expect((await ecr.call("ListImages", { repositoryName: "app" }))["imageIds"]).toEqual([]);
});

test("one repository that is not there fails the whole description", async () => {
  await ecr.createRepository();
  await expect(ecr.call("DescribeRepositories", { repositoryNames: ["app", "nope"] })).rejects.toMatchObject({
    name: "RepositoryNotFoundException",
  });
  await expect(
    ecr.call("DescribeRepositories", { repositoryNames: ["app"], maxResults: 1 }),
  ).rejects.toMatchObject({
    name: "InvalidParameterException",
  });
});

test("repositories are listed by name in pages", async () => {
  for (const name of ["c1", "a1", "b1"]) await ecr.createRepository(name);
  const first = await ecr.call("DescribeRepositories", { maxResults: 2 });
  const second = await ecr.call("DescribeRepositories", { maxResults: 2, nextToken: first["nextToken"] });
  const names = [first, second].map(({ repositories }) =>
    (repositories as { repositoryName: string }[]).map(({ repositoryName }) => repositoryName),
  );
  expect(names).toEqual([["a1", "b1"], ["c1"]]);
  expect(second["nextToken"]).toBeUndefined();
});

test("a store opened again knows repositories, settings, layers, images and tags, and has dropped open uploads", async () => {
  await ecr.createRepository();
  const { digest, size } = await ecr.putImage("one", "v1");
  await ecr.putImage("one", "moved");
  await ecr.putImage("two", "moved");
  await ecr.putImage("three", "deleted");
  await ecr.call("BatchDeleteImage", { repositoryName: "app", imageIds: [{ imageTag: "deleted" }] });
  await ecr.call("PutImageTagMutability", { repositoryName: "app", imageTagMutability: "IMMUTABLE" });
  await ecr.putLayer("orphan");
  const { uploadId } = await ecr.call("InitiateLayerUpload", { repositoryName: "app" });
  await ecr.putPart({ uploadId }, 0, Buffer.from("half"));

  const before = ecr.store.get(key);
  const after = new EcrStore(ecr.directory).get(key);
  expect(after.settings).toEqual({ ...before.settings });
  expect(after.settings.imageTagMutability).toBe("IMMUTABLE");
  expect([...after.images.all()]).toEqual(JSON.parse(JSON.stringify([...before.images.all()])));
  expect([...after.images.tags()].sort()).toEqual(["moved", "v1"]);
  expect(after.images.get(digest)).toMatchObject({ size });
  expect(after.manifestText(digest)).toBe(before.manifestText(digest));
  expect([...after.layers].sort()).toEqual([...before.layers].sort());
  expect(after.removeOrphanLayers()).toContain(digestOf("orphan"));
  expect(after.images.usesLayer(digestOf("layer of one"))).toBe(true);
  const [folder = ""] = readdirSync(join(ecr.directory, account, region));
  expect(readdirSync(join(ecr.directory, account, region, folder, "uploads"))).toEqual([]);
});

test("a change that a crash cut short never happened", async () => {
  await ecr.createRepository();
  await ecr.putImage("one", "v1");
  const [folder = ""] = readdirSync(join(ecr.directory, account, region));
  const journal = join(ecr.directory, account, region, folder, "journal.jsonl");
  appendFileSync(journal, '{"untag":"v');
  const opened = new EcrStore(ecr.directory).get(key);
  expect([...opened.images.tags()]).toEqual(["v1"]);
  opened.change({ untag: "v1" });
  expect([...new EcrStore(ecr.directory).get(key).images.tags()]).toEqual([]);
});
