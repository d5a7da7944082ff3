import type { Blob, Descriptor } from "../../core/model/descriptor.ts";
import type { Referrer } from "../../core/model/referrer.ts";
import type { RegistryRepository } from "../../core/model/registry-reference.ts";
import type { Source } from "../../core/ports.ts";
import { readRegistryBlob } from "../clients/registry/blob.ts";
import type { CredentialsOf } from "../clients/registry/credentials.ts";
import { KeptManifests } from "../clients/registry/kept-manifests.ts";
import { getManifest, headManifest } from "../clients/registry/manifest.ts";
import { Network, type NetworkSettings } from "../clients/registry/network.ts";
import { pullWarning } from "../clients/registry/pull-limit.ts";
import { Registry } from "../clients/registry/registry.ts";
import { MissedArtifacts } from "./missed-artifacts.ts";
import { registryReferrers } from "./registry-referrers.ts";

/** A manifest is needed by several steps, and Docker Hub counts each time that it is read. */
const manifests = new KeptManifests();

/** A repository of any registry that speaks OCI's or Docker's protocol. Nothing is called before it is read from. */
export class RegistrySource implements Source {
  readonly #registry: Registry;
  readonly #access: string | undefined;
  readonly #missed = new MissedArtifacts();

  /**
   * `credentialsOf` is asked at most once, and only when the registry wants to be signed in to. Manifests are kept for
   * later sources of the same `access`, a name for where the credentials are from; without one they are not kept.
   */
  constructor(
    repository: RegistryRepository,
    credentialsOf: CredentialsOf,
    settings: NetworkSettings = {},
    access?: string,
  ) {
    this.#access = access;
    this.#registry = new Registry(repository, credentialsOf, new Network(settings));
  }

  resolve(reference: string): Promise<Descriptor> {
    return headManifest(this.#registry, reference);
  }

  readManifest({ digest }: Descriptor): Promise<Uint8Array> {
    const read = () => getManifest(this.#registry, digest);
    if (this.#access === undefined) return read();
    const { host, name } = this.#registry.repository;
    return manifests.get(JSON.stringify([host, name, digest, this.#access]), digest, read);
  }

  readBlob(blob: Blob, from: number): AsyncGenerator<Uint8Array> {
    return readRegistryBlob(this.#registry, blob, from);
  }

  referrers(subject: Descriptor): Promise<Referrer[]> {
    return registryReferrers(this.#registry, subject, this.#missed);
  }

  /** What a person should know of the registry, as far as it has been asked: that few pulls are left, or artifacts not shown. */
  warnings(): string[] {
    const { pullLimit, repository } = this.#registry;
    const warning = pullLimit && pullWarning(repository.host, pullLimit);
    return [...(warning ? [warning] : []), ...this.#missed.warnings()];
  }
}
