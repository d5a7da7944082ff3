import type { LocalAws } from "../../local/aws.ts";
import { imageOf } from "../fakes/image.ts";
import { execute } from "./execution.ts";
import { accounts, machines, region, startPipeline } from "./pipeline.ts";
import { createRepository, push } from "./repository.ts";

let aws: LocalAws;
beforeAll(async () => {
  aws = await startPipeline();
}, 60_000);
afterAll(() => aws.stop());

const host = `${accounts.pipeline}.dkr.ecr.${region}.amazonaws.com`;

test("a rule brings a repository in step, and does nothing the second time", async () => {
  const from = await createRepository(aws, accounts.pipeline, { name: "from/app" });
  for (const tag of ["1", "2", "3"]) await push(from, imageOf([8, 9], Number(tag)), tag);
  const rule = { name: "team", source: `${host}/from/*`, destination: `${host}/to/*`, createRepository: true };
  const first = await execute(aws, rule, machines.OwnRolesImages);
  console.log(JSON.stringify(first, null, 1));
  const second = await execute(aws, rule, machines.OwnRolesImages);
  console.log(JSON.stringify(second, null, 1));
  expect(first.status).toBe("SUCCEEDED");
});
