import type { CredentialsOf } from "../../adapters/clients/registry/credentials.ts";
import type { NetworkSettings } from "../../adapters/clients/registry/network.ts";
import { RegistrySource } from "../../adapters/sources/registry.ts";
import type { Blob } from "../../core/model/descriptor.ts";
import { digestOf } from "../../core/model/digest.ts";
import { blobOf } from "./image.ts";
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

/** All that a person may come to see of an error. */
function shown(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const { message, stack, cause } = error;
  return `${message}\n${stack}\n${JSON.stringify(error)}\n${shown(cause)}`;
}

/** What no error may tell of: the passwords, tokens and signed URLs of the recording registry. */
const secrets = [
  /password-secret/,
  /token-secret/,
  /identity-secret/,
  /signed-url-secret/,
  /Basic [A-Za-z0-9+/]{8}/,
];

/** Resolves an image and reads its layer, and says how that ended; a failure must tell nothing of any secret. */
export async function copied(source: RegistrySource, layer: Uint8Array): Promise<string> {
  try {
    await source.resolve("1.0");
    return digestOf(await readBlob(source, blobOf(layer))) === digestOf(layer) ? "copied" : "damaged";
  } catch (error) {
    expectNoSecret(error);
    return (error as Error).name;
  }
}

/** Checks that an error, and what caused it, tells nothing of any secret. */
export function expectNoSecret(error: unknown): void {
  for (const secret of secrets) expect(shown(error)).not.toMatch(secret);
}
