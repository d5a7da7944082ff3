import { type ECRClient, GetDownloadUrlForLayerCommand } from "@aws-sdk/client-ecr";
import { Failure, type Side } from "../../core/errors.ts";
import type { Digest } from "../../core/model/digest.ts";
import type { EcrRepository } from "../../core/model/reference.ts";
import { awsFailure } from "./aws-failure.ts";
import { repositoryArn } from "./ecr-repository.ts";

const operation = "GetDownloadUrlForLayer";

/**
 * The signed URL that a layer or config of a repository can be read from for an hour; it is a secret.
 * Throws `SourceNotFound`, on either side, when no image of the repository has the layer any more, `Unavailable` for a
 * URL that must not be followed, and what AWS calls throw.
 */
export async function layerUrl(
  client: ECRClient,
  repository: EcrRepository,
  digest: Digest,
  side: Side,
): Promise<URL> {
  const subject = repositoryArn(repository);
  const { account: registryId, name: repositoryName } = repository;
  try {
    const command = new GetDownloadUrlForLayerCommand({ registryId, repositoryName, layerDigest: digest });
    const { downloadUrl = "" } = await client.send(command);
    return trusted(new URL(downloadUrl), await customOrigin(client), side);
  } catch (error) {
    if (!vanished(error)) throw awsFailure(error, { side, operation, subject });
    throw new Failure(
      "SourceNotFound",
      { side, operation, cause: error },
      `layer ${digest} is no longer in ${subject}: ${(error as Error).message}`,
    );
  }
}

function vanished(error: unknown): boolean {
  return ["LayersNotFoundException", "LayerInaccessibleException"].includes((error as Error).name);
}

/** The origin that the environment or a profile puts in the place of AWS, as the client reads it. */
async function customOrigin({ config }: ECRClient): Promise<string | undefined> {
  const endpoint = await config.serviceConfiguredEndpoint?.();
  return endpoint && new URL(endpoint).origin;
}

/** Layers come over https, or from the very host that has been put in the place of AWS. */
function trusted(url: URL, custom: string | undefined, side: Side): URL {
  if (url.protocol === "https:" || url.origin === custom) return url;
  throw new Failure(
    "Unavailable",
    { side, operation },
    `the download URL for a layer begins with ${url.origin}; only https is followed`,
  );
}
