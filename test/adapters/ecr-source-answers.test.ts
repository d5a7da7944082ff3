import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ECRClient } from "@aws-sdk/client-ecr";
import { EcrSource } from "../../adapters/sources/ecr.ts";
import { parseEcrImage } from "../../core/model/reference.ts";

const { repository } = parseEcrImage("222222222222.dkr.ecr.eu-central-1.amazonaws.com/app");
let server: Server;
let client: ECRClient;
let failureCode = "";

beforeAll(async () => {
  server = createServer((received, response) => {
    received.resume().on("end", () => {
      const failures = [{ imageId: { imageTag: "1.0" }, failureCode }];
      response.setHeader("content-type", "application/x-amz-json-1.1");
      response.end(JSON.stringify({ images: [], failures }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: "222222222222", secretAccessKey: "any" };
  client = new ECRClient({ region: "eu-central-1", endpoint, credentials, maxAttempts: 1 });
});
afterAll(() => {
  client.destroy();
  server.closeAllConnections();
  server.close();
});

test.each([
  ["ImageNotFound", "SourceNotFound", false],
  ["ImageInaccessible", "SourceNotFound", true],
  ["NewCode", "SourceNotFound", true],
  ["KmsError", "AccessDenied", false],
  ["UpstreamTooManyRequests", "Throttled", false],
  ["UpstreamUnavailable", "Unavailable", false],
])(
  "an image that is not given, for %s, is %s, and whether it is there all the same is %s",
  async (code, name, isThere) => {
    failureCode = code;
    const resolving = new EcrSource(client, repository).resolve("1.0");
    await expect(resolving).rejects.toMatchObject({ name, side: "source", isThere });
  },
);
