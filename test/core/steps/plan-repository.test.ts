import { Failure } from "../../../core/errors.ts";
import { execute } from "../../fakes/execution.ts";
import { imageOf } from "../../fakes/image.ts";
import { MemoryDestination } from "../../fakes/memory-destination.ts";
import { MemorySource } from "../../fakes/memory-source.ts";
import { request } from "../../fakes/request.ts";

const content = imageOf([40, 12]);

/** A destination that is not there until it is created, if it may be. */
class AbsentDestination extends MemoryDestination {
  exists = false;
  ensured = 0;
  readonly differences: string[] = [];

  override async resolve(reference: string): Promise<string | undefined> {
    this.#check();
    return super.resolve(reference);
  }

  override async putManifest(...put: Parameters<MemoryDestination["putManifest"]>): Promise<void> {
    this.#check();
    await super.putManifest(...put);
  }

  #check(): void {
    const where = { side: "destination", operation: "BatchGetImage" } as const;
    if (!this.exists) throw new Failure("RepositoryNotFound", where, "there is none");
  }
}

function stage(creates = true) {
  const source = new MemorySource();
  source.add(content, "1.0");
  const destination = new AbsentDestination();
  const ensureRepository = async () => {
    destination.ensured++;
    const found = destination.exists;
    destination.exists = true;
    return found ? destination.differences : [];
  };
  return { source, destination: creates ? Object.assign(destination, { ensureRepository }) : destination };
}

describe("a repository that is absent", () => {
  test("is created, once, before the image is planned for it", async () => {
    const { source, destination } = stage();
    const { report, states } = await execute({ ...request, createRepository: true }, { source, destination });
    expect(report).toMatchObject({ status: "Replicated", warnings: [] });
    expect(states).toEqual(["Plan", "CopyLayers", "Plan", "PutManifests", "Report"]);
    expect(destination.ensured).toBe(1);
  });

  test("is a failure when nobody asked for it", async () => {
    const { source, destination } = stage(false);
    expect((await execute(request, { source, destination })).failure?.error).toBe("RepositoryNotFound");
  });

  test("is not created in plan mode, which says what there would be to copy", async () => {
    const { source, destination } = stage();
    const { report } = await execute(
      { ...request, createRepository: true, mode: "plan" },
      { source, destination },
    );
    expect(report).toMatchObject({
      status: "Planned",
      layers: { copied: content.blobs.size, present: 0 },
      manifests: { copied: 1, present: 0 },
      warnings: [expect.stringMatching(/^the repository 2{12}\.dkr\..* is absent and would be created$/)],
    });
    expect([destination.exists, destination.ensured]).toEqual([false, 0]);
  });

  test("is told of once by the run of a rule, and not with each of its images", async () => {
    const { source, destination } = stage();
    const ofRule = { ...request, rule: "team", createRepository: true, mode: "plan" } as const;
    const { report } = await execute(ofRule, { source, destination });
    expect(report).toMatchObject({ status: "Planned", warnings: [] });
  });

  test("at the source is no reason to create one", async () => {
    const { source, destination } = stage();
    source.resolve = async () => {
      throw new Failure("RepositoryNotFound", { side: "source", operation: "BatchGetImage" }, "none here");
    };
    const { failure } = await execute({ ...request, createRepository: true }, { source, destination });
    expect([failure?.cause.side, destination.exists]).toEqual(["source", false]);
  });
});

describe("a repository that is there", () => {
  test("is left as it is, and what differs is a warning when something is copied", async () => {
    const { source, destination } = stage();
    destination.exists = true;
    destination.differences.push("scans nothing on push");
    const { report } = await execute({ ...request, createRepository: true }, { source, destination });
    expect(report?.warnings).toEqual(["scans nothing on push"]);
  });

  test("is not looked at when the image is in sync", async () => {
    const { source, destination } = stage();
    const asked = { ...request, createRepository: true } as const;
    await execute(asked, { source, destination });
    expect((await execute(asked, { source, destination })).report?.status).toBe("InSync");
    expect(destination.ensured).toBe(1);
  });
});

test("the settings of a repository do not travel beyond the first plan", async () => {
  const { source, destination } = stage();
  const seen: unknown[] = [];
  await execute(
    { ...request, createRepository: { scanOnPush: true } },
    {
      source,
      destination: (asked) => {
        seen.push(asked.createRepository);
        return destination;
      },
    },
  );
  expect(seen.filter((each) => each !== undefined)).toHaveLength(2);
});
