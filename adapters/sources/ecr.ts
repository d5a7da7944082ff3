import { type ECRClient, GetDownloadUrlForLayerCommand } from "@aws-sdk/client-ecr";
import { Failure } from "../../core/errors.ts";
import type { Blob, Descriptor } from "../../core/model/descriptor.ts";
import { isDigest } from "../../core/model/digest.ts";
import type { EcrRepository } from "../../core/model/reference.ts";
import type { Source } from "../../core/ports.ts";
import { awsFailure } from "../clients/aws-failure.ts";
import { getImage, repositoryArn } from "../clients/ecr-repository.ts";
import { readRanges } from "../clients/ranged-read.ts";

const side = "source";

/** A private ECR repository, read through its JSON API. */
export class EcrSource implements Source {
  readonly #client: ECRClient;
  readonly #repository: EcrRepository;

  constructor(client: ECRClient, repository: EcrRepository) {
    this.#client = client;
    this.#repository = repository;
  }

  async resolve(reference: string): Promise<Descriptor> {
    const image = await this.#image("ResolveImage", reference);
    return { mediaType: image.mediaType, digest: image.digest, size: image.bytes.length };
  }

  async readManifest({ digest }: Descriptor): Promise<Uint8Array> {
    return (await this.#image("ReadManifest", digest)).bytes;
  }

  async *readBlob(blob: Blob, from: number): AsyncGenerator<Uint8Array> {
    yield* readRanges(blob, from, () => this.#locate(blob));
  }

  async #image(operation: string, reference: string) {
    const image = await getImage(this.#client, this.#repository, reference, side);
    if (image) return image;
    const named = isDigest(reference) ? `digest ${reference}` : `tag '${reference}'`;
    throw new Failure(
      "SourceNotFound",
      { side, operation },
      `${repositoryArn(this.#repository)} has no image with the ${named}; check the reference, and that the image was not deleted or archived`,
    );
  }

  async #locate({ digest }: Blob): Promise<URL> {
    const operation = "GetDownloadUrlForLayer";
    const { account: registryId, name: repositoryName } = this.#repository;
    try {
      const command = new GetDownloadUrlForLayerCommand({ registryId, repositoryName, layerDigest: digest });
      const { downloadUrl = "" } = await this.#client.send(command);
      return trusted(new URL(downloadUrl), await customOrigin(this.#client));
    } catch (error) {
      if (!vanished(error))
        throw awsFailure(error, { side, operation, subject: repositoryArn(this.#repository) });
      throw new Failure(
        "SourceNotFound",
        { side, operation, cause: error },
        `layer ${digest} is no longer in ${repositoryArn(this.#repository)}: ${(error as Error).message}`,
      );
    }
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
function trusted(url: URL, custom: string | undefined): URL {
  if (url.protocol === "https:" || url.origin === custom) return url;
  throw new Failure(
    "Unavailable",
    { side, operation: "GetDownloadUrlForLayer" },
    `the download URL for a layer begins with ${url.origin}; only https is followed`,
  );
}
