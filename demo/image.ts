import { createCipheriv, createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { tar } from "./tar.ts";

const oci = "application/vnd.oci.image";

/** A blob of the demonstration's image, with its place in a manifest. */
export interface Content {
  readonly descriptor: { readonly mediaType: string; readonly digest: string; readonly size: number };
  readonly bytes: Buffer;
}

/** An image for several platforms: its index, the manifests in it, and the configs and layers under those. */
export interface Image {
  readonly index: Content;
  readonly manifests: readonly Content[];
  readonly blobs: readonly Content[];
}

/** Builds a version of an image whose platforms share a base layer and have a layer of their own; always the same bytes. */
export function buildImage(platforms: readonly string[], mebibytes: number, version = ""): Image {
  const base = layer("usr/share/base", mebibytes);
  const built = platforms.map((platform, at) =>
    buildPlatform(platform, base, { mebibytes: (mebibytes / 2) * (1 + at), version }),
  );
  const manifests = built.map(({ manifest, platform }) => ({ ...manifest.descriptor, platform }));
  return {
    index: json(`${oci}.index.v1+json`, { schemaVersion: 2, mediaType: `${oci}.index.v1+json`, manifests }),
    manifests: built.map(({ manifest }) => manifest),
    blobs: [base.content, ...built.flatMap(({ blobs }) => blobs)],
  };
}

function buildPlatform(
  name: string,
  base: Layer,
  { mebibytes, version }: { mebibytes: number; version: string },
) {
  const [os = "", architecture = ""] = name.split("/");
  const own = layer(`opt/app-${architecture}${version}`, mebibytes);
  const config = json(`${oci}.config.v1+json`, {
    os,
    architecture,
    config: { Entrypoint: ["/opt/app"] },
    rootfs: { type: "layers", diff_ids: [base.diffId, own.diffId] },
  });
  const manifest = json(`${oci}.manifest.v1+json`, {
    schemaVersion: 2,
    mediaType: `${oci}.manifest.v1+json`,
    config: config.descriptor,
    layers: [base.content.descriptor, own.content.descriptor],
  });
  return { manifest, platform: { os, architecture }, blobs: [config, own.content] };
}

interface Layer {
  readonly content: Content;
  /** The digest of the layer before it is compressed, which the config lists. */
  readonly diffId: string;
}

function layer(path: string, mebibytes: number): Layer {
  const archive = tar([{ path, bytes: noise(path, mebibytes * 1024 * 1024) }]);
  const bytes = gzipSync(archive, { level: 1 });
  return { content: content(`${oci}.layer.v1.tar+gzip`, bytes), diffId: digestOf(archive) };
}

/** Bytes that do not compress, the same for the same name. */
export function noise(name: string, length: number): Buffer {
  const key = createHash("sha256").update(name).digest();
  return createCipheriv("aes-256-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

function json(mediaType: string, value: object): Content {
  return content(mediaType, Buffer.from(JSON.stringify(value)));
}

function content(mediaType: string, bytes: Buffer): Content {
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}

/** The digest of some bytes. */
export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
