import { createRepository } from "../../adapters/destinations/repository-settings.ts";
import { settingsLike } from "../../adapters/destinations/repository-settings-like.ts";
import { parseEcrImage } from "../../core/model/reference.ts";
import type { RepositorySettings } from "../../core/model/repository-settings.ts";
import { account, region } from "../local/ecr/local-ecr.ts";
import {
  arn,
  everything,
  key,
  type Registry,
  refuse,
  repository,
  startRegistry,
  unfinished,
} from "./repository-registry.ts";

let registry: Registry;
beforeEach(async () => {
  registry = await startRegistry();
});
afterEach(() => registry.close());

const make = (settings: RepositorySettings) => createRepository(registry.client, repository, settings);

describe("settings like those of a source", () => {
  const { repository: near } = parseEcrImage(`${account}.dkr.ecr.${region}.amazonaws.com/other`);
  const { repository: far } = parseEcrImage(`${account}.dkr.ecr.eu-west-1.amazonaws.com/other`);

  test("are all that it has, without tags that AWS sets", async () => {
    await make(everything);
    const { settings } = registry.ecr.store.get(key);
    const tags = [...settings.tags, { Key: "aws:cloudformation:stack-name", Value: "s" }, unfinished];
    registry.ecr.store.get(key).settings = { ...settings, tags };
    expect(await settingsLike(registry.client, repository, near)).toEqual({
      settings: everything,
      warnings: [],
    });
  });

  test("are ECR's defaults where it has those", async () => {
    await make({});
    expect(await settingsLike(registry.client, repository, far)).toEqual({
      settings: {
        imageTagMutability: "MUTABLE",
        scanOnPush: false,
        encryption: { type: "AES256" },
        tags: {},
      },
      warnings: [],
    });
  });

  test("have no key of another Region", async () => {
    await make(everything);
    const { settings, warnings } = await settingsLike(registry.client, repository, far);
    expect(settings).toEqual({ ...everything, encryption: { type: "KMS" } });
    expect(warnings).toEqual([
      expect.stringContaining(`${arn} is encrypted with ${everything.encryption?.kmsKey}`),
    ]);
  });

  test.each([
    [
      "DescribeRepositories",
      "tag mutability, scan on push and encryption",
      ["lifecyclePolicy", "repositoryPolicy", "tags"],
    ],
    [
      "GetLifecyclePolicy",
      "lifecyclePolicy",
      Object.keys(everything).filter((each) => each !== "lifecyclePolicy"),
    ],
    [
      "GetRepositoryPolicy",
      "repositoryPolicy",
      Object.keys(everything).filter((each) => each !== "repositoryPolicy"),
    ],
    ["ListTagsForResource", "tags", Object.keys(everything).filter((each) => each !== "tags")],
  ])("lack what may not be read without %s, and a warning says so", async (operation, what, rest) => {
    await make(everything);
    refuse(registry, `ecr:${operation}`);
    const { settings, warnings } = await settingsLike(registry.client, repository, near);
    expect(Object.keys(settings).sort()).toEqual(rest.sort());
    expect(warnings).toEqual([
      expect.stringContaining(`${what} of ${arn} may not be read, and so not copied: `),
    ]);
  });

  test("of a source that is not there are a failure on its side", async () => {
    await expect(settingsLike(registry.client, repository, near)).rejects.toMatchObject({
      name: "RepositoryNotFound",
      side: "source",
    });
  });
});
