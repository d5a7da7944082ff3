import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ECRClient, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import { connection } from "../../adapters/clients/connection.ts";

test("a call to an endpoint that takes the request and stays silent ends", async () => {
  const mute = createServer(() => {});
  await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  const client = new ECRClient({
    endpoint: `http://127.0.0.1:${(mute.address() as AddressInfo).port}`,
    region: "eu-central-1",
    credentials: { accessKeyId: "111111111111", secretAccessKey: "x" },
    requestHandler: connection(50),
    maxAttempts: 1,
  });
  await expect(client.send(new GetAuthorizationTokenCommand({}))).rejects.toMatchObject({
    name: "TimeoutError",
  });
  client.destroy();
  mute.closeAllConnections();
  mute.close();
});
