import { type ImageIdentifier, paginateListImages } from "@aws-sdk/client-ecr";
import { eachAtOnce } from "../../core/concurrently.ts";
import { digestOf } from "../../core/model/digest.ts";
import { pushImage } from "../../local/ecr/push-image.ts";
import { bytesOf, type Content, image } from "../fakes/image.ts";
import { clientOf, pushBlob, type Repository } from "./repository.ts";

const layer = bytesOf(64);

/** An image of 300 bytes that differs from those of all other names by its config; they share their layer. */
export function smallImage(name: string): Content {
  return image({ layers: [layer], config: configBytes(name) });
}

/** Tags of the form `v0` to `v…`. */
export function tags(count: number): string[] {
  return Array.from({ length: count }, (_, number) => `v${number}`);
}

/** Puts a small image under each of some tags, past the API and its quotas; every repository has the same under one tag. */
export async function pushSmall(repository: Repository, names: readonly string[]): Promise<void> {
  await pushBlob(repository, digestOf(layer), layer);
  const stored = storedOf(repository);
  await eachAtOnce(8, names, async (tag) => {
    const { root, manifests } = smallImage(tag);
    await pushBlob(repository, configOf(tag), configBytes(tag));
    const text = new TextDecoder().decode(manifests.get(root.digest));
    pushImage(stored, { text, mediaType: root.mediaType, tag });
  });
}

/** What every tag of a repository stands for; none for one that is not there. */
export async function digestsOf(repository: Repository): Promise<Map<string, string>> {
  const { name: repositoryName } = repository;
  const digests = new Map<string, string>();
  const pages = paginateListImages(
    { client: clientOf(repository) },
    { repositoryName, maxResults: 1_000, filter: { tagStatus: "TAGGED" } },
  );
  for await (const { imageIds = [] } of pages) for (const id of imageIds) add(digests, id);
  return digests;
}

function add(digests: Map<string, string>, { imageTag = "", imageDigest = "" }: ImageIdentifier): void {
  digests.set(imageTag, imageDigest);
}

/** Has a repository lose a blob of an image that it still lists; what is given back brings it again. */
export function loseBlob(repository: Repository, digest: string): () => void {
  const { layers } = storedOf(repository);
  const size = layers.get(digest);
  if (size === undefined) throw new Error(`${repository.name} has no blob ${digest} to lose`);
  layers.delete(digest);
  return () => layers.set(digest, size);
}

/** The config of a small image: the one blob that no other has. */
export function configOf(name: string): string {
  return digestOf(configBytes(name));
}

function configBytes(name: string): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ name }));
}

function storedOf({ aws, account, region, name }: Repository) {
  return aws.store.get({ account, region, name });
}
