import { createHash } from "node:crypto";
import {
  BatchDeleteImageCommand,
  CreateRepositoryCommand,
  ECRClient,
  ListImageReferrersCommand,
} from "@aws-sdk/client-ecr";
import type { Descriptor } from "../../core/model/descriptor.ts";
import type { LocalAws } from "../../local/aws.ts";
import type { Content } from "../fakes/image.ts";
import { accounts, region } from "./pipeline.ts";

/** A repository of local AWS, used over HTTP as its account's administrator. */
export interface Repository {
  readonly aws: LocalAws;
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

type Body = NonNullable<RequestInit["body"]>;

let created = 0;

/** Makes a repository, with a name of its own if none is given, which no rule of `replication.yaml` watches. */
export async function createRepository(
  aws: LocalAws,
  account: string,
  settings: { name?: string; region?: string; immutable?: boolean } = {},
): Promise<Repository> {
  const name = settings.name ?? `apps/app-${++created}`;
  const repository = { aws, account, region: settings.region ?? region, name };
  const imageTagMutability = settings.immutable ? "IMMUTABLE" : "MUTABLE";
  await clientOf(repository).send(
    new CreateRepositoryCommand({ repositoryName: repository.name, imageTagMutability }),
  );
  return repository;
}

/** An empty repository in the source account, and one in the destination account. */
export async function createPair(aws: LocalAws): Promise<{ from: Repository; to: Repository }> {
  const from = await createRepository(aws, accounts.source);
  return { from, to: await createRepository(aws, accounts.destination) };
}

/** The text by which a request names an image of a repository, such as `:tag`. */
export function nameOf({ account, region, name }: Repository, reference = ""): string {
  return `${account}.dkr.ecr.${region}.amazonaws.com/${name}${reference}`;
}

/** Pushes an image with all that is under it; without a tag, by digest alone. */
export async function push(repository: Repository, content: Content, tag?: string): Promise<void> {
  for (const [digest, bytes] of content.blobs) await pushBlob(repository, digest, bytes);
  for (const [digest, bytes] of content.manifests) {
    const mediaType = mediaTypeOf(content, digest);
    await pushManifest(repository, digest, { mediaType, bytes });
    if (tag && digest === content.root.digest) await pushManifest(repository, tag, { mediaType, bytes });
  }
}

/** Pushes one blob. */
export async function pushBlob(repository: Repository, digest: string, bytes: Uint8Array): Promise<void> {
  await call(repository, `/blobs/uploads/?digest=${digest}`, { method: "POST", body: bytes as Body });
}

/** Pushes a blob as a stream; its digest and size. */
export async function pushStream(
  repository: Repository,
  chunks: Iterable<Uint8Array>,
): Promise<{ digest: string; size: number }> {
  const opened = await call(repository, "/blobs/uploads/", { method: "POST" });
  const upload = `/blobs/uploads/${opened.headers.get("docker-upload-uuid")}`;
  const hash = createHash("sha256");
  let size = 0;
  const body = (async function* () {
    for (const chunk of chunks) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  })();
  await call(repository, upload, {
    method: "PATCH",
    body: ReadableStream.from(body) as Body,
    duplex: "half",
  } as RequestInit);
  const digest = `sha256:${hash.digest("hex")}`;
  await call(repository, `${upload}?digest=${digest}`, { method: "PUT" });
  return { digest, size };
}

/** Pushes one manifest under a tag or a digest. */
export async function pushManifest(
  repository: Repository,
  reference: string,
  { mediaType, bytes }: { mediaType: string; bytes: Uint8Array },
): Promise<void> {
  const headers = { "content-type": mediaType };
  await call(repository, `/manifests/${reference}`, { method: "PUT", headers, body: bytes as Body });
}

/** Compares every manifest and blob of an image with what a repository has, byte for byte. */
export async function expectCopy(repository: Repository, content: Content): Promise<void> {
  for (const [digest, bytes] of content.manifests) {
    const answer = await call(repository, `/manifests/${digest}`, {});
    expect(answer.headers.get("content-type")).toBe(mediaTypeOf(content, digest));
    expectSame(await answer.bytes(), bytes, digest);
  }
  for (const [digest, bytes] of content.blobs) {
    expectSame(await (await call(repository, `/blobs/${digest}`, {})).bytes(), bytes, digest);
  }
}

/** The digest of a blob as a repository sends it, and its size. */
export async function hashBlob(
  repository: Repository,
  digest: string,
): Promise<{ digest: string; size: number }> {
  const { body } = await call(repository, `/blobs/${digest}`, {});
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { digest: `sha256:${hash.digest("hex")}`, size };
}

/** The digest that a tag stands for, or undefined. */
export async function digestOfTag(repository: Repository, tag: string): Promise<string | undefined> {
  const answer = await fetch(urlOf(repository, `/manifests/${tag}`), { method: "HEAD" });
  return answer.status === 404 ? undefined : (answer.headers.get("docker-content-digest") ?? undefined);
}

/** The manifest that a tag stands for. */
export async function readManifest(
  repository: Repository,
  tag: string,
): Promise<{ manifests?: readonly Descriptor[] }> {
  const answer = await call(repository, `/manifests/${tag}`, {});
  return (await answer.json()) as { manifests?: readonly Descriptor[] };
}

/** The digests of the artifacts that ECR lists for a manifest. */
export async function referrersOf(repository: Repository, imageDigest: string): Promise<string[]> {
  const input = { repositoryName: repository.name, subjectId: { imageDigest } };
  const { referrers = [] } = await clientOf(repository).send(new ListImageReferrersCommand(input));
  return referrers.map(({ digest = "" }) => digest);
}

/** Every tag of a repository. */
export async function tagsOf(repository: Repository): Promise<string[]> {
  const { tags } = (await (await call(repository, "/tags/list", {})).json()) as { tags: string[] };
  return tags;
}

/** Deletes what a tag stands for, when it is its last. */
export async function deleteTag(repository: Repository, imageTag: string): Promise<void> {
  const input = { repositoryName: repository.name, imageIds: [{ imageTag }] };
  await clientOf(repository).send(new BatchDeleteImageCommand(input));
}

/** A manifest may leave its type out; then what lists it tells. */
function mediaTypeOf({ root, manifests }: Content, digest: string): string {
  const listed = [...manifests.values()].flatMap((bytes): Descriptor[] => {
    return JSON.parse(new TextDecoder().decode(bytes)).manifests ?? [];
  });
  return [root, ...listed].find((descriptor) => descriptor.digest === digest)?.mediaType ?? "";
}

/** ECR as the administrator of a repository's account. */
export function clientOf({ aws, account, region }: Repository): ECRClient {
  const credentials = { accessKeyId: account, secretAccessKey: "local" };
  return new ECRClient({ endpoint: aws.endpoint, region, credentials });
}

async function call(repository: Repository, path: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(urlOf(repository, path), init);
  if (!answer.ok) throw new Error(`${init.method ?? "GET"} ${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}

function urlOf({ aws, account, region, name }: Repository, path: string): string {
  return `${aws.endpoint}/v2/${account}/${region}/${name}${path}`;
}

// Not toEqual: it takes minutes over some megabytes.
function expectSame(actual: Uint8Array, expected: Uint8Array, digest: string): void {
  expect({ digest, same: Buffer.compare(actual, expected) === 0 }).toEqual({ digest, same: true });
}
