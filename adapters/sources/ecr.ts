import type { ECRClient } from "@aws-sdk/client-ecr";
import { Failure } from "../../core/errors.ts";
import type { Blob, Descriptor } from "../../core/model/descriptor.ts";
import { isDigest } from "../../core/model/digest.ts";
import type { EcrRepository } from "../../core/model/reference.ts";
import type { Referrer } from "../../core/model/referrer.ts";
import type { Source } from "../../core/ports.ts";
import { getImage, repositoryArn } from "../clients/ecr-repository.ts";
import { layerUrl } from "../clients/layer-url.ts";
import { readRanges } from "../clients/ranged-read.ts";
import { ecrReferrers } from "./ecr-referrers.ts";
import { MissedArtifacts } from "./missed-artifacts.ts";

const side = "source";

/** A private ECR repository, read through its JSON API. */
export class EcrSource implements Source {
  readonly #client: ECRClient;
  readonly #repository: EcrRepository;
  readonly #missed = new MissedArtifacts();

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

  referrers(subject: Descriptor): Promise<Referrer[]> {
    return ecrReferrers(this.#client, this.#repository, subject, this.#missed);
  }

  /** What a person should know of the repository, as far as it has been asked: that it has artifacts that it does not give. */
  warnings(): string[] {
    return this.#missed.warnings();
  }

  async *readBlob(blob: Blob, from: number): AsyncGenerator<Uint8Array> {
    yield* readRanges(blob, from, () => layerUrl(this.#client, this.#repository, blob.digest, side));
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
}
