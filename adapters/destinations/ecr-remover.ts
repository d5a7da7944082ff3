import {
  BatchDeleteImageCommand,
  DescribeImagesCommand,
  type ECRClient,
  type ImageFailure,
  type ImageIdentifier,
} from "@aws-sdk/client-ecr";
import type { EcrRepository } from "../../core/model/reference.ts";
import type { Deletion, Kept, Remover } from "../../core/ports.ts";
import { EcrCatalog } from "../catalogs/ecr.ts";
import { awsFailure } from "../clients/aws-failure.ts";
import { repositoryArn } from "../clients/ecr-repository.ts";

const side = "destination";

/** Removes images of a private ECR registry. */
export class EcrRemover implements Remover {
  readonly #client: ECRClient;
  readonly #registry: EcrRepository;
  /** The tags of the repository that was listed last: what is not among them is gone, and the others are looked at. */
  #tagsOf: { readonly name: string; readonly tags: ReadonlySet<string> } | undefined;

  /** Of `registry`, any of its repositories, the name is not looked at. */
  constructor(client: ECRClient, registry: EcrRepository) {
    this.#client = client;
    this.#registry = registry;
  }

  async standing(deletions: readonly Deletion[]): Promise<Deletion[]> {
    const [first] = deletions;
    if (!first) return [];
    const tags = deletions.map(({ tag }) => tag);
    const standing = await this.#standing(first.repository, tags);
    return deletions.filter(({ tag }) => standing.has(tag));
  }

  /**
   * What is gone already is as good as removed. A tag that moves after it was looked at, milliseconds before the deletion,
   * is not seen: ECR deletes under no condition.
   */
  async remove(deletions: readonly Deletion[]): Promise<Kept[]> {
    const [first] = deletions;
    if (!first) return [];
    const name = first.repository;
    const standing = await this.#standing(
      name,
      deletions.map(({ tag }) => tag),
    );
    const unmoved = deletions.filter(({ tag, digest }) => standing.get(tag) === digest);
    const moved = deletions.flatMap((deletion) => {
      const digest = standing.get(deletion.tag);
      const hasMoved = digest !== undefined && digest !== deletion.digest;
      return hasMoved ? [{ ...deletion, reason: `the tag has moved to ${digest}` }] : [];
    });
    return [...moved, ...(await this.#deleteAll(name, unmoved))];
  }

  /**
   * What tags stand for now; those that stand for nothing are left out. DescribeImages reads no manifests, of up to 4 MiB
   * each, and is no pull; but it refuses all when it does not know one, and then the repository is listed.
   */
  async #standing(name: string, tags: readonly string[]): Promise<Map<string, string>> {
    const known = this.#tagsOf?.name === name ? this.#tagsOf.tags : undefined;
    const asked = known ? tags.filter((tag) => known.has(tag)) : tags;
    if (asked.length === 0) return new Map();
    const standing = await this.#describe(name, asked);
    if (standing) return standing;
    if (known) return this.#halves(name, asked);
    this.#tagsOf = { name, tags: await this.#list(name) };
    return this.#standing(name, tags);
  }

  /** Some have gone since the repository was listed, which is done once: a large one has hundreds of pages. */
  async #halves(name: string, tags: readonly string[]): Promise<Map<string, string>> {
    if (tags.length === 1) return new Map();
    const half = Math.ceil(tags.length / 2);
    const first = await this.#standing(name, tags.slice(0, half));
    const second = await this.#standing(name, tags.slice(half));
    return new Map([...first, ...second]);
  }

  /** Undefined when one of the tags stands for nothing. */
  async #describe(name: string, tags: readonly string[]): Promise<Map<string, string> | undefined> {
    const imageIds = tags.map((imageTag) => ({ imageTag }));
    try {
      const { imageDetails = [] } = await this.#client.send(
        // Otherwise an archived image would be taken for gone.
        new DescribeImagesCommand({ ...this.#target(name), imageIds, filter: { imageStatus: "ANY" } }),
      );
      return new Map(
        imageDetails.flatMap(({ imageDigest = "", imageTags = [] }) =>
          imageTags.map((tag) => [tag, imageDigest] as const),
        ),
      );
    } catch (error) {
      if ((error as Error).name === "ImageNotFoundException") return undefined;
      throw this.#failure("DescribeImages", name, error);
    }
  }

  /** By DescribeImages, too, which pruning has the permission for. */
  async #list(name: string): Promise<Set<string>> {
    const tags = new Set<string>();
    const catalog = new EcrCatalog(this.#client, this.#registry, side);
    for await (const page of catalog.images(name, { untagged: false, details: true })) {
      for (const { tag } of page) if (tag !== undefined) tags.add(tag);
    }
    return tags;
  }

  /** What is a part of an index is tried again as long as anything else could be deleted, which may have been the index. */
  async #deleteAll(name: string, deletions: readonly Deletion[]): Promise<Kept[]> {
    const kept: Kept[] = [];
    let left = deletions;
    while (left.length > 0) {
      const failures = await this.#delete(name, left);
      const failed = left.flatMap((deletion) => {
        const failure = failures.find(({ imageId }) => isOf(imageId, deletion));
        return failure ? [{ deletion, failure }] : [];
      });
      const parts = failed.filter(({ failure }) => failure.failureCode === "ImageReferencedByManifestList");
      const others = failed.filter((each) => !parts.includes(each));
      kept.push(...others.map(({ deletion, failure }) => ({ ...deletion, reason: reasonOf(failure) })));
      if (failed.length === left.length) {
        kept.push(...parts.map(({ deletion }) => ({ ...deletion, reason: "it is part of an index" })));
        break;
      }
      left = parts.map(({ deletion }) => deletion);
    }
    return kept;
  }

  /** Why tags were not deleted. By its tag alone: one that is named by its digest goes with all its tags. */
  async #delete(name: string, deletions: readonly Deletion[]): Promise<ImageFailure[]> {
    const imageIds = deletions.map(({ tag }) => ({ imageTag: tag }));
    try {
      const { failures = [] } = await this.#client.send(
        new BatchDeleteImageCommand({ ...this.#target(name), imageIds }),
      );
      return failures.filter(({ failureCode }) => failureCode !== "ImageNotFound");
    } catch (error) {
      throw this.#failure("BatchDeleteImage", name, error);
    }
  }

  #target(repositoryName: string): { registryId: string; repositoryName: string } {
    return { registryId: this.#registry.account, repositoryName };
  }

  #failure(operation: string, name: string, error: unknown): Error {
    return awsFailure(error, { side, operation, subject: repositoryArn({ ...this.#registry, name }) });
  }
}

/** A failure may name the image by its digest alone. */
function isOf({ imageTag, imageDigest }: ImageIdentifier = {}, { tag, digest }: Deletion): boolean {
  return imageTag === undefined ? imageDigest === digest : imageTag === tag;
}

function reasonOf({ failureCode, failureReason = "no reason" }: ImageFailure): string {
  return `${failureCode ?? "no code"}: ${failureReason}`;
}
