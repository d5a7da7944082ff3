import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ECRClient } from "@aws-sdk/client-ecr";
import { EcrDestination } from "../../adapters/destinations/ecr.ts";
import { parseEcrImage } from "../../core/model/reference.ts";
import { blobOf, bytesOf } from "../fakes/image.ts";

test("an upload in a registry that takes every part, wherever it is put, is given up", async () => {
  const yes = createServer(async (request, response) => {
    for await (const _ of request);
    response.setHeader("content-type", "application/x-amz-json-1.1").end("{}");
  });
  await new Promise<void>((resolve) => yes.listen(0, "127.0.0.1", resolve));
  const client = new ECRClient({
    endpoint: `http://127.0.0.1:${(yes.address() as AddressInfo).port}`,
    region: "eu-central-1",
    credentials: { accessKeyId: "111111111111", secretAccessKey: "x" },
  });
  const { repository } = parseEcrImage("111111111111.dkr.ecr.eu-central-1.amazonaws.com/app");
  const destination = new EcrDestination(client, repository);
  await expect(
    destination.expected({ id: "upload", partSize: 10 }, blobOf(bytesOf(30))),
  ).rejects.toMatchObject({ name: "UploadLost", side: "destination" });
  client.destroy();
  yes.closeAllConnections();
  yes.close();
});
