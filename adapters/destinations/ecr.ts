import {
  BatchCheckLayerAvailabilityCommand,
  CompleteLayerUploadCommand,
  type ECRClient,
  InitiateLayerUploadCommand,
  PutImageCommand,
} from "@aws-sdk/client-ecr";
import { Failure, type FailureName, Incomplete } from "../../core/errors.ts";
import type { Blob } from "../../core/model/descriptor.ts";
import type { Digest } from "../../core/model/digest.ts";
import type { FoundLayer } from "../../core/model/making.ts";
import type { Manifest } from "../../core/model/manifest.ts";
import type { EcrRepository } from "../../core/model/reference.ts";
import type { Destination, StandingImage, Upload } from "../../core/ports.ts";
import { awsFailure } from "../clients/aws-failure.ts";
import { getImage, getImages, repositoryArn } from "../clients/ecr-repository.ts";
import { uploadLayerPart } from "../clients/layer-part.ts";
import { findLayers } from "./found-layers.ts";

const side = "destination";

/** The most ids that one call takes (API_BatchGetImage, API_BatchCheckLayerAvailability). */
const batchSize = 100;

/** A private ECR repository, written through its JSON API. */
export class EcrDestination implements Destination {
  readonly #client: ECRClient;
  readonly #repository: EcrRepository;
  readonly #target: { registryId: string; repositoryName: string };
  readonly ensureRepository: Destination["ensureRepository"];

  /** `ensureRepository` creates the repository, if that is to be done. */
  constructor(
    client: ECRClient,
    repository: EcrRepository,
    ensureRepository?: Destination["ensureRepository"],
  ) {
    this.ensureRepository = ensureRepository;
    this.#client = client;
    this.#repository = repository;
    this.#target = { registryId: repository.account, repositoryName: repository.name };
  }

  async resolve(reference: string): Promise<string | undefined> {
    return (await getImage(this.#client, this.#repository, reference, side))?.digest;
  }

  async imageOf(reference: string): Promise<StandingImage | undefined> {
    const image = await getImage(this.#client, this.#repository, reference, side);
    if (!image) return undefined;
    const { digest, mediaType, bytes } = image;
    const body = JSON.parse(new TextDecoder().decode(bytes)) as { config?: { digest?: string } };
    return { digest, mediaType, size: bytes.length, config: body.config?.digest };
  }

  async missingBlobs<T extends Blob>(wanted: readonly T[]): Promise<T[]> {
    const available = new Set<string | undefined>();
    for (const batch of batches(wanted)) {
      const layerDigests = batch.map(({ digest }) => digest);
      const { layers = [] } = await this.#call("BatchCheckLayerAvailability", () =>
        this.#client.send(new BatchCheckLayerAvailabilityCommand({ ...this.#target, layerDigests })),
      );
      for (const layer of layers) {
        if (layer.layerAvailability === "AVAILABLE") available.add(layer.layerDigest);
      }
    }
    return wanted.filter(({ digest }) => !available.has(digest));
  }

  async missingManifests(wanted: readonly Manifest[]): Promise<Manifest[]> {
    const present = new Set<string>();
    for (const batch of batches(wanted)) {
      const digests = batch.map(({ descriptor }) => descriptor.digest);
      for (const { digest } of await getImages(this.#client, this.#repository, digests, side)) {
        present.add(digest);
      }
    }
    return wanted.filter(({ descriptor }) => !present.has(descriptor.digest));
  }

  async findLayers(wanted: readonly Digest[]): Promise<FoundLayer[]> {
    return findLayers(this.#client, this.#repository, wanted);
  }

  async openUpload(): Promise<Upload> {
    const { uploadId, partSize } = await this.#call("InitiateLayerUpload", () =>
      this.#client.send(new InitiateLayerUploadCommand(this.#target)),
    );
    if (uploadId && partSize) return { id: uploadId, partSize };
    throw this.#failure("Unavailable", "InitiateLayerUpload", "answered without an upload id or a part size");
  }

  /** No call asks this, so one byte is offered where it cannot be taken: never next to the end of the blob. */
  async expected(upload: Upload, { size }: Blob): Promise<number> {
    const at = await this.writePart(upload, size + 1, new Uint8Array(1));
    if (at <= size) return at;
    throw this.#failure(
      "UploadLost",
      "UploadLayerPart",
      `has byte ${at - 1} in upload ${upload.id} for a layer of ${size} bytes, so it can become no layer`,
    );
  }

  async writePart(upload: Upload, from: number, part: Uint8Array): Promise<number> {
    try {
      const { lastByteReceived } = await uploadLayerPart(this.#client, this.#repository, {
        upload,
        from,
        part,
      });
      return (lastByteReceived ?? from + part.length - 1) + 1;
    } catch (error) {
      if (nameOf(error) === "InvalidLayerPartException") return expectedOffset(error);
      throw this.#uploadFailure("UploadLayerPart", upload, error);
    }
  }

  async closeUpload(upload: Upload, { digest }: Blob): Promise<void> {
    const input = { ...this.#target, uploadId: upload.id, layerDigests: [digest] };
    try {
      await this.#client.send(new CompleteLayerUploadCommand(input));
    } catch (error) {
      if (nameOf(error) === "LayerAlreadyExistsException") return;
      throw this.#uploadFailure("CompleteLayerUpload", upload, error, digest);
    }
  }

  async putManifest({ descriptor, bytes }: Manifest, tag?: string): Promise<void> {
    const input = {
      ...this.#target,
      imageManifest: new TextDecoder().decode(bytes),
      imageManifestMediaType: descriptor.mediaType,
      imageDigest: descriptor.digest,
      imageTag: tag,
    };
    try {
      await this.#client.send(new PutImageCommand(input));
    } catch (error) {
      if (nameOf(error) === "ImageAlreadyExistsException") return;
      throw this.#putFailure(error, descriptor.digest, tag);
    }
  }

  #uploadFailure(operation: string, { id }: Upload, error: unknown, digest?: string): Error {
    const message = (error as Error).message;
    switch (nameOf(error)) {
      case "UploadNotFoundException":
      case "EmptyUploadException":
      case "LayerPartTooSmallException":
        return this.#failure("UploadLost", operation, `cannot go on with upload ${id}: ${message}`, error);
      case "InvalidLayerException":
        return this.#failure(
          "DigestMismatch",
          operation,
          `was sent bytes that are not layer ${digest}: the source's copy of it is damaged: ${message}`,
          error,
        );
      default:
        return awsFailure(error, { side, operation, subject: repositoryArn(this.#repository) });
    }
  }

  #putFailure(error: unknown, digest: string, tag: string | undefined): Error {
    const operation = "PutImage";
    const { message } = error as Error;
    switch (nameOf(error)) {
      case "LayersNotFoundException":
      case "ReferencedImagesNotFoundException":
        return new Incomplete(message, { cause: error });
      case "ImageTagAlreadyExistsException":
        return this.#failure(
          "TagImmutable",
          operation,
          `has another image under the tag '${tag}', and its tags are immutable; choose another tag, delete the old one, or exclude it from immutability`,
          error,
        );
      case "InvalidParameterException":
        return this.#failure("UnsupportedImage", operation, `refuses manifest ${digest}: ${message}`, error);
      case "ImageDigestDoesNotMatchException":
        return this.#failure(
          "DigestMismatch",
          operation,
          `computes another digest than ${digest}: ${message}`,
          error,
        );
      default:
        return awsFailure(error, { side, operation, subject: repositoryArn(this.#repository) });
    }
  }

  async #call<T>(operation: string, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      throw awsFailure(error, { side, operation, subject: repositoryArn(this.#repository) });
    }
  }

  #failure(name: FailureName, operation: string, what: string, cause?: unknown): Failure {
    return new Failure(name, { side, operation, cause }, `${repositoryArn(this.#repository)} ${what}`);
  }
}

/** Zero stands for an upload without any byte: no first part ends at byte zero, unless it is also the last. */
function expectedOffset(error: unknown): number {
  const last = (error as { lastValidByteReceived?: number }).lastValidByteReceived ?? 0;
  return last > 0 ? last + 1 : 0;
}

function nameOf(error: unknown): string {
  return (error as Error).name;
}

function batches<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / batchSize);
  return Array.from({ length: count }, (_, at) => items.slice(at * batchSize, (at + 1) * batchSize));
}
