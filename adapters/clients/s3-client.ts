import { S3Client } from "@aws-sdk/client-s3";
import { accessCredentials, accessRegion, followSecret } from "./access-credentials.ts";
import { connection } from "./connection.ts";
import { customEndpoint } from "./custom-endpoint.ts";
import type { Access } from "./role-credentials.ts";

/** Where a client begins when this process has no Region: a bucket's own is found from any (`followRegionRedirects`). */
const anyRegion = "us-east-1";

const clients = new Map<string, S3Client>();

/** The client for buckets, with the role of its side. Clients are kept, as those of registries are. */
export function s3Client(access: Access): S3Client {
  const key = JSON.stringify(access);
  const kept = clients.get(key);
  if (kept) return kept;
  const client = new S3Client({
    region: accessRegion(access, anyRegion),
    followRegionRedirects: true,
    // An endpoint of one's own has no name for each bucket.
    forcePathStyle: customEndpoint("S3") !== undefined,
    credentials: accessCredentials(access, anyRegion),
    requestHandler: connection(),
  });
  followSecret(client, access);
  clients.set(key, client);
  return client;
}
