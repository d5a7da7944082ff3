import type { LocalAws } from "../../local/aws.ts";
import { execute, requestOf } from "./execution.ts";
import { MiB, partSize, pushLargeImage } from "./layer.ts";
import { accounts, startPipeline } from "./pipeline.ts";
import { createRepository, digestOfTag, hashBlob, type Repository } from "./repository.ts";
import { sentParts } from "./traffic.ts";

let aws: LocalAws;
let from: Repository;
let image: Awaited<ReturnType<typeof pushLargeImage>>;
beforeAll(async () => {
  aws = await startPipeline();
  from = await createRepository(aws, accounts.source);
  image = await pushLargeImage(from, 200 * MiB, "1");
});
afterEach(() => aws.faults.clear());
afterAll(() => aws.stop());

/** As many as a step is repeated after. */
const killsPerExecution = 6;
const groups = Array.from({ length: Math.ceil(20 / killsPerExecution) }, (_, group) =>
  Array.from({ length: killsPerExecution }, (_, at) => group * killsPerExecution + at).filter(
    (part) => part < 20,
  ),
);

describe.each([
  ["before its part was taken", true],
  ["after its part was taken, with the answer unheard", false],
])("a worker that is killed %s", (_, before) => {
  test.each(groups.map((parts) => [parts]))(
    "at parts %j is followed by another, which continues",
    async (parts) => {
      const to = await createRepository(aws, accounts.destination);
      for (const part of parts) {
        const detail = {
          repositoryName: to.name,
          partFirstByte: part * partSize,
          partLastByte: (part + 1) * partSize - 1,
        };
        aws.faults.add({ service: "ecr", operation: "UploadLayerPart", detail, fault: "kill", before });
      }
      const { report, retries } = await execute(aws, requestOf({ from, to }));
      expect(report).toMatchObject({ status: "Replicated", digest: image.root.digest });
      expect(retries).toBe(parts.length);
      expect(await hashBlob(to, image.layer.digest)).toEqual(image.layer);
      expect(await digestOfTag(to, "1")).toBe(image.root.digest);
      const allowed = parts.length * partSize;
      expect(layerBytesSent(to)).toBeLessThanOrEqual(image.layer.size + allowed);
    },
  );
});

function layerBytesSent(to: Repository): number {
  const ofLayer = sentParts(to)
    .map(({ first, last }) => last - first + 1)
    .filter((length) => length === partSize);
  return ofLayer.length * partSize;
}
