import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { arnOf, type Place, type Secret } from "./secret.ts";

/** The secrets of all accounts and regions, kept in a folder that only its owner may read. */
export class SecretStore {
  readonly #directory: string;
  /** By ARN. */
  readonly #secrets = new Map<string, Secret>();

  /** Opens the secrets that the folder has from an earlier run. */
  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const file of readdirSync(directory).filter((name) => name.endsWith(".json"))) {
      const secret: Secret = JSON.parse(readFileSync(join(directory, file), "utf8"));
      this.#secrets.set(secret.arn, secret);
    }
  }

  /** By name, by ARN, or by ARN without its last six characters. */
  find(place: Place, id: string): Secret | undefined {
    const own = this.list(place);
    return (
      own.find(({ arn, name }) => id === arn || id === name) ??
      own.find(({ name }) => id === arnOf(place, name))
    );
  }

  /** The secrets of one account in one region, by name. */
  list({ account, region }: Place): Secret[] {
    return [...this.#secrets.values()]
      .filter((secret) => secret.account === account && secret.region === region)
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  save(secret: Secret): void {
    this.#secrets.set(secret.arn, secret);
    const file = this.#file(secret);
    writeFileSync(`${file}.new`, JSON.stringify(secret), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  remove(secret: Secret): void {
    this.#secrets.delete(secret.arn);
    rmSync(this.#file(secret));
  }

  #file({ arn }: Secret): string {
    // A name may hold slashes, and be longer than a file's may be.
    return join(this.#directory, `${createHash("sha256").update(arn).digest("hex")}.json`);
  }
}
