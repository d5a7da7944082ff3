import type { LocalAws } from "../../local/aws.ts";
import { digestsOf, pushSmall, tags } from "./many-images.ts";
import { accounts, startPipeline } from "./pipeline.ts";
import { createRepository, deleteTag, type Repository } from "./repository.ts";
import { copiesRule, copyOf, run } from "./rule.ts";
import { ecrCalls } from "./traffic.ts";

const repositories = 20;
let aws: LocalAws;
beforeAll(async () => {
  // Shorter than what ListImages leaves itself: each round ends with the eight repositories that are compared at once.
  aws = await startPipeline({ timeouts: { ListImages: 60_000 } });
});
afterAll(() => aws.stop());

async function manyRepositories(name: string): Promise<Repository[]> {
  const sources: Repository[] = [];
  for (let number = 0; number < repositories; number++) {
    const source = await createRepository(aws, accounts.pipeline, { name: `${name}/r${number}` });
    await pushSmall(source, tags(2));
    sources.push(source);
  }
  return sources;
}

/** How often each repository was listed: the source's, and the copies. */
function listings(sources: readonly Repository[]): number[] {
  const listed = (repository: Repository) =>
    ecrCalls(repository).filter(({ operation }) => operation === "ListImages").length;
  return sources.flatMap((source) => [listed(source), listed(copyOf(source))]);
}

test("a run whose listing has no time for all repositories goes on where it ended, and its report is of all rounds", async () => {
  const sources = await manyRepositories("rounds");
  const rule = copiesRule("rounds");
  aws.calls.length = 0;
  const first = await run(aws, rule);
  expect(first.report).toMatchObject({
    status: "Replicated",
    repositories: { compared: repositories, failed: 0 },
    images: { selected: 40, inSync: 0, copied: 40, failed: 0 },
  });
  expect(first.report?.repositories.created).toHaveLength(repositories);
  expect(listings(sources)).toEqual(Array(2 * repositories).fill(1));
  for (const source of sources) expect(await digestsOf(copyOf(source))).toEqual(await digestsOf(source));
  aws.calls.length = 0;
  const second = await run(aws, rule);
  expect(second.report).toMatchObject({
    status: "InSync",
    images: { selected: 40, inSync: 40, copied: 0 },
  });
  expect(listings(sources)).toEqual(Array(2 * repositories).fill(1));
  expect(second.states.filter((state) => state === "ListImages")).toHaveLength(3);
});

test("a run of several rounds deletes what all of them have found, and holds it against all that it owns", async () => {
  const sources = await manyRepositories("pruned");
  const rule = copiesRule("pruned", { prune: true });
  await run(aws, rule);
  const [first, last] = [sources.at(0), sources.at(-1)] as [Repository, Repository];
  for (const source of [first, last]) await deleteTag(source, "v0");
  const { report, cause } = await run(aws, rule);
  expect({ cause, report }).toMatchObject({
    cause: undefined,
    report: { status: "Replicated", images: { selected: 38, inSync: 38 }, tags: { deleted: 2, kept: 0 } },
  });
  for (const source of [first, last]) {
    expect([...(await digestsOf(copyOf(source))).keys()]).toEqual(["v1"]);
  }
});
