import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HeadBucketCommand } from "@aws-sdk/client-s3";
import { processRegion } from "../../adapters/clients/process-region.ts";
import { roleCredentials } from "../../adapters/clients/role-credentials.ts";
import { s3Client } from "../../adapters/clients/s3-client.ts";

const before = { ...process.env };
const folder = mkdtempSync(join(tmpdir(), "process-region-"));
const config = join(folder, "config");
// With a profile the SDK takes no keys from the environment.
const keys = "aws_access_key_id = AKIATEST\naws_secret_access_key = any\n";
let server: Server;
/** The Regions that requests were signed for. */
let regions: string[];
let clients = 0;

beforeAll(() => writeFileSync(config, `[profile there]\nregion = ap-south-1\n${keys}`));
beforeEach(async () => {
  regions = [];
  server = createServer(({ headers }, response) => {
    regions.push(/\/\d{8}\/([^/]+)\//.exec(headers.authorization ?? "")?.[1] ?? "none");
    response.writeHead(403).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  for (const name of Object.keys(process.env).filter((each) => each.startsWith("AWS_")))
    delete process.env[name];
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: "AKIATEST",
    AWS_SECRET_ACCESS_KEY: "any",
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: join(folder, "absent"),
  });
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});
afterAll(() => {
  process.env = before;
  rmSync(folder, { recursive: true });
});

/** Where a bucket is looked for and a role for a repository of eu-west-3 is assumed. */
async function regionsOf(environment: Record<string, string>): Promise<string[]> {
  Object.assign(process.env, environment);
  if (process.env["AWS_PROFILE"]) delete process.env["AWS_ACCESS_KEY_ID"];
  // Clients are kept.
  const client = s3Client({ side: "source", externalId: `unused ${++clients}` });
  const assume = roleCredentials("arn:aws:iam::111111111111:role/Any", { side: "source" }, "eu-west-3");
  await expect(client.send(new HeadBucketCommand({ Bucket: "my-bucket" }))).rejects.toThrow();
  await expect(assume()).rejects.toThrow();
  return regions;
}

test.each([
  ["AWS_REGION", { AWS_REGION: "sa-east-1", AWS_PROFILE: "there" }, ["sa-east-1", "sa-east-1"]],
  ["the profile", { AWS_PROFILE: "there" }, ["ap-south-1", "ap-south-1"]],
  ["neither", {}, ["us-east-1", "eu-west-3"]],
])("the Region of this process is that of %s", async (_, environment, expected) => {
  expect(await regionsOf(environment as Record<string, string>)).toEqual(expected);
});

test("a profile that is not there leaves the other Region", async () => {
  process.env["AWS_PROFILE"] = "absent";
  expect(await processRegion("eu-west-3")()).toBe("eu-west-3");
});
