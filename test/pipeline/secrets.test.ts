import type { LocalAws } from "../../local/aws.ts";
import { Credentials } from "../../local/credentials.ts";
import { LayerDownloads } from "../../local/ecr/layer-downloads.ts";
import type { Fault } from "../../local/faults.ts";
import { imageOf } from "../fakes/image.ts";
import { execute, requestOf } from "./execution.ts";
import { startPipeline } from "./pipeline.ts";
import { createPair, push } from "./repository.ts";
import { everythingTold } from "./told.ts";

const sessions = jest.spyOn(Credentials.prototype, "issue");
const downloads = jest.spyOn(LayerDownloads.prototype, "issue");

let aws: LocalAws;
beforeAll(async () => {
  aws = await startPipeline();
});
afterAll(() => aws.stop());

const faults: object[] = [
  { service: "ecr", operation: "UploadLayerPart", fault: "accessDenied" },
  { service: "ecr", operation: "GetDownloadUrlForLayer", fault: "accessDenied" },
  { service: "ecr", operation: "PutImage", fault: "error500", times: 3 },
  { service: "layers", operation: "GET layer", fault: "expiredUrl", times: 6 },
  { service: "layers", operation: "GET layer", fault: "error500", times: 35 },
  { service: "sts", operation: "AssumeRole", fault: "accessDenied" },
  { service: "ecr", operation: "UploadLayerPart", fault: "kill", before: true },
];

test("no credential and no signed URL is in a history, a cause or a log, however an execution ends", async () => {
  const pair = await createPair(aws);
  await push(pair.from, imageOf([3, 40]), "1");
  const ended: string[] = [];
  for (const fault of faults) {
    aws.faults.add(fault as Fault);
    ended.push((await execute(aws, requestOf(pair, { destination: `:${ended.length}` }))).status);
    aws.faults.clear();
  }
  ended.push((await execute(aws, requestOf(pair, { destination: ":last" }))).status);
  expect(new Set(ended)).toEqual(new Set(["FAILED", "SUCCEEDED"]));

  const text = await everythingTold(aws);
  expect(text).toContain("UploadLayerPart");
  expect(text).toContain('"step":"copy-layer"');
  expect(issued().length).toBeGreaterThan(20);
  expect(issued().filter((secret) => text.includes(secret))).toEqual([]);
});

/** Everything that was given out and must not be told: keys, tokens, and the parts of a URL that let it be used. */
function issued(): string[] {
  const given = sessions.mock.results.flatMap(({ value }) => [value.secretAccessKey, value.sessionToken]);
  const urls = downloads.mock.results.flatMap(({ value }) => {
    const { pathname, searchParams } = new URL(value);
    return [pathname, searchParams.get("X-Amz-Signature") ?? value];
  });
  return [...given, ...urls];
}
