import { createHash } from "node:crypto";
import type { LocalAws } from "../../local/aws.ts";
import { pushImage } from "../../local/ecr/push-image.ts";
import { env } from "./deployment.ts";

const oci = "application/vnd.oci.image";
const mediaType = `${oci}.manifest.v1+json`;

/** Puts an image of a config and three layers of some bytes into a repository of local AWS: nothing of it is another's. */
export async function putImage(aws: LocalAws, name: string, tag: string): Promise<void> {
  const [config, ...layers] = await Promise.all(
    ["config.v1+json", "layer.v1.tar", "layer.v1.tar+gzip", "layer.v1.tar+zstd"].map((type) =>
      putBlob(aws, name, { mediaType: `${oci}.${type}`, bytes: Buffer.from(`${type} of ${tag}`) }),
    ),
  );
  const text = JSON.stringify({ schemaVersion: 2, mediaType, config, layers });
  pushImage(aws.store.get({ ...env, name }), { text, mediaType, tag });
}

async function putBlob(
  aws: LocalAws,
  name: string,
  { mediaType, bytes }: { mediaType: string; bytes: Buffer },
): Promise<object> {
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const url = `${aws.endpoint}/v2/${env.account}/${env.region}/${name}/blobs/uploads/?digest=${digest}`;
  const { status } = await fetch(url, { method: "POST", body: bytes });
  if (status !== 201) throw new Error(`a blob of ${name} was answered with HTTP status ${status}`);
  return { mediaType, digest, size: bytes.length };
}
