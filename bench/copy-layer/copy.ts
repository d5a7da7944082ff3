import { ecrClient } from "../../adapters/clients/ecr-client.ts";
import { EcrDestination } from "../../adapters/destinations/ecr.ts";
import { EcrSource } from "../../adapters/sources/ecr.ts";
import { parseEcrImage } from "../../core/model/reference.ts";
import { copyLayers } from "../../core/steps/copy-layer.ts";

const { repository } = parseEcrImage("111111111111.dkr.ecr.us-east-1.amazonaws.com/bench/layer");
const digest = `sha256:${"0".repeat(64)}`;

/** Copies one layer of `size` bytes with the product's own step and adapters. */
export async function copy(port: number, size: number): Promise<void> {
  process.env["AWS_ENDPOINT_URL"] = `http://127.0.0.1:${port}`;
  process.env["AWS_ACCESS_KEY_ID"] = "111111111111";
  process.env["AWS_SECRET_ACCESS_KEY"] = "bench";
  const source = new EcrSource(ecrClient(repository, { side: "source" }), repository);
  const destination = new EcrDestination(ecrClient(repository, { side: "destination" }), repository);
  const upload = { id: "00000000-0000-4000-8000-000000000000", partSize: 10 * 1024 * 1024 };
  let taken = 0;
  await copyLayers({ blobs: [{ digest, size, upload, from: 0 }] }, source, destination, {
    timeLeft: () => Number.POSITIVE_INFINITY,
    took: (_, at) => {
      taken = at;
    },
  });
  if (taken !== size) throw new Error(`${taken} of ${size} bytes were copied`);
}
