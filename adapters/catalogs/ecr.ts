import {
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  type ImageDetail,
  type ImageIdentifier,
  ListImagesCommand,
} from "@aws-sdk/client-ecr";
import type { Side } from "../../core/errors.ts";
import type { EcrRepository } from "../../core/model/reference.ts";
import type { Catalog, ListedImage, Wanted } from "../../core/ports.ts";
import { awsFailure } from "../clients/aws-failure.ts";
import { repositoryArn } from "../clients/ecr-repository.ts";

/** The most entries of a page (API_ListImages, API_DescribeImages, API_DescribeRepositories). */
const maxResults = 1_000;

/** One page of a list, and what the next one is asked for with: it is opaque. */
interface Page<T> {
  readonly entries: readonly T[];
  readonly nextToken: string | undefined;
}

/** A private ECR registry, listed through its JSON API: one call for each page of 1,000, and no other. */
export class EcrCatalog implements Catalog {
  readonly #client: ECRClient;
  readonly #registry: EcrRepository;
  readonly #side: Side;

  /** Of `registry`, any of its repositories, the name is not looked at. */
  constructor(client: ECRClient, registry: EcrRepository, side: Side) {
    this.#client = client;
    this.#registry = registry;
    this.#side = side;
  }

  async *repositories(prefix: string): AsyncGenerator<string[]> {
    const { account: registryId } = this.#registry;
    const pages = this.#pages("DescribeRepositories", "*", async (nextToken) => {
      const input = { registryId, maxResults, nextToken };
      const page = await this.#client.send(new DescribeRepositoriesCommand(input));
      return { entries: page.repositories ?? [], nextToken: page.nextToken };
    });
    for await (const page of pages) {
      const names = page.map(({ repositoryName = "" }) => repositoryName);
      yield names.filter((name) => name.startsWith(prefix));
    }
  }

  images(repository: string, { untagged, details }: Wanted): AsyncGenerator<ListedImage[]> {
    const input = {
      registryId: this.#registry.account,
      repositoryName: repository,
      maxResults,
      filter: {
        tagStatus: untagged ? "ANY" : "TAGGED",
        // One that was archived at the destination is not missing; at the source it can be told apart only by details.
        imageStatus: details || this.#side === "destination" ? "ANY" : "ACTIVE",
      },
    } as const;
    return details ? this.#described(input) : this.#listed(input);
  }

  async *#listed(input: ListImagesCommand["input"]): AsyncGenerator<ListedImage[]> {
    const pages = this.#pages("ListImages", input.repositoryName ?? "", async (nextToken) => {
      const page = await this.#client.send(new ListImagesCommand({ ...input, nextToken }));
      return { entries: page.imageIds ?? [], nextToken: page.nextToken };
    });
    for await (const page of pages) yield page.map(imageOfId);
  }

  async *#described(input: DescribeImagesCommand["input"]): AsyncGenerator<ListedImage[]> {
    const pages = this.#pages("DescribeImages", input.repositoryName ?? "", async (nextToken) => {
      const page = await this.#client.send(new DescribeImagesCommand({ ...input, nextToken }));
      return { entries: page.imageDetails ?? [], nextToken: page.nextToken };
    });
    for await (const page of pages) yield page.flatMap(imagesOfDetail);
  }

  async *#pages<T>(
    operation: string,
    name: string,
    read: (nextToken: string | undefined) => Promise<Page<T>>,
  ): AsyncGenerator<readonly T[]> {
    let nextToken: string | undefined;
    do {
      let page: Page<T>;
      try {
        page = await read(nextToken);
      } catch (error) {
        const subject = repositoryArn({ ...this.#registry, name });
        throw awsFailure(error, { side: this.#side, operation, subject });
      }
      if (page.entries.length > 0) yield page.entries;
      nextToken = page.nextToken;
    } while (nextToken);
  }
}

function imageOfId({ imageTag, imageDigest }: ImageIdentifier): ListedImage {
  return { ...(imageTag !== undefined && { tag: imageTag }), digest: imageDigest };
}

function imagesOfDetail({
  imageTags = [],
  imageDigest: digest,
  imagePushedAt,
  imageStatus = "ACTIVE",
}: ImageDetail): ListedImage[] {
  const image = {
    digest,
    pushedAt: imagePushedAt?.getTime(),
    ...(imageStatus !== "ACTIVE" && { archived: true }),
  };
  return imageTags.length > 0 ? imageTags.map((tag) => ({ tag, ...image })) : [image];
}
