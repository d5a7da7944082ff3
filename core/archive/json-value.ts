import type { Descriptor } from "../model/descriptor.ts";
import { type Digest, isDigest } from "../model/digest.ts";
import { quoted } from "../model/quoted.ts";
import { unreadable } from "./unreadable.ts";

/** A value of a JSON file with the way to it, so that each accessor throws an `UnsupportedImage` that names the field. */
export class JsonValue {
  readonly #value: unknown;
  readonly #where: string;

  constructor(value: unknown, where: string) {
    this.#value = value;
    this.#where = where;
  }

  /** Whether the value is absent or null, which is how Go writes an empty list. */
  get isAbsent(): boolean {
    return this.#value === undefined || this.#value === null;
  }

  /** A member of an object, which may be absent. */
  member(name: string): JsonValue {
    const value = this.#value;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw this.#mismatch("an object");
    }
    const member = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
    return new JsonValue(member, `${this.#where}: ${name}`);
  }

  /** The items of a list of at most `limit`. */
  items(limit: number): JsonValue[] {
    const value = this.#value;
    if (!Array.isArray(value)) throw this.#mismatch("a list");
    if (value.length > limit) {
      throw unreadable(`${this.#where} has ${value.length} items, and at most ${limit} are read`);
    }
    return value.map((item, position) => new JsonValue(item, `${this.#where}[${position}]`));
  }

  /** The items of a list, or none when it is absent. */
  itemsIfAny(limit: number): JsonValue[] {
    return this.isAbsent ? [] : this.items(limit);
  }

  /** A text of at least one character. */
  text(): string {
    if (typeof this.#value === "string" && this.#value !== "") return this.#value;
    throw this.#mismatch("a text");
  }

  /** A text, or undefined when it is absent or empty. */
  textIfAny(): string | undefined {
    return this.isAbsent || this.#value === "" ? undefined : this.text();
  }

  /** A digest of the one kind that is copied. */
  digest(): Digest {
    const text = this.text();
    if (isDigest(text)) return text;
    throw this.#mismatch("sha256: and 64 lower-case hex digits");
  }

  /** A count of bytes. */
  size(): number {
    const value = this.#value;
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    throw this.#mismatch("a number of bytes");
  }

  /** A descriptor (OCI image-spec, descriptor.md). */
  descriptor(): Descriptor {
    return {
      mediaType: this.member("mediaType").text(),
      digest: this.member("digest").digest(),
      size: this.member("size").size(),
    };
  }

  #mismatch(expected: string): Error {
    const value = this.#value;
    const found =
      value === undefined
        ? "is absent"
        : typeof value === "string"
          ? `is ${quoted(value)}`
          : `is ${Array.isArray(value) ? "a list" : value === null ? "null" : `of type ${typeof value}`}`;
    return unreadable(`${this.#where} ${found}; expected ${expected}`);
  }
}
