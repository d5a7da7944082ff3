import type { CredentialsOf } from "../../adapters/clients/registry/credentials.ts";
import type { NetworkSettings } from "../../adapters/clients/registry/network.ts";
import { RegistrySource } from "../../adapters/sources/registry.ts";
import type { Blob } from "../../core/model/descriptor.ts";
import type { RecordingRegistry } from "./recording-registry.ts";

/** The repository `app` of a recording registry, as a source. */
export function sourceIn(
  registry: RecordingRegistry,
  credentialsOf: CredentialsOf = async () => registry.user,
  settings: NetworkSettings = {},
): RegistrySource {
  const repository = { host: registry.host(), name: "app" };
  return new RegistrySource(repository, credentialsOf, registry.settings(settings));
}

/** The bytes of a blob from an offset; chunks are copied, since a chunk is valid until the next is asked for. */
export async function readBlob(source: RegistrySource, blob: Blob, from = 0): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.readBlob(blob, from)) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
}

/** What a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    () => undefined,
    (error: Error) => error,
  );
  if (outcome === undefined) throw new Error("it was not rejected");
  return outcome;
}
