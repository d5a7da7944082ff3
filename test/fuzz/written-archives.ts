import { gzipSync, zstdCompressSync } from "node:zlib";
import { digestOf } from "../../core/model/digest.ts";
import { blobPath } from "../fakes/archive.ts";
import { families } from "../fakes/image.ts";
import { gnuLong, pax, type TarMember, tar, tarOf } from "../fakes/tar.ts";

/** Says how a JSON document of an archive is written, which a mutation changes. */
export type WriteJson = (value: object) => string;

/** An archive as one of the programs writes it that save images. */
export interface WrittenArchive {
  readonly name: string;
  /** Digests and sizes are those of what `json` gives, so that a mutation is found only where it lies. */
  write(json: WriteJson): Uint8Array;
}

const layers = ["base", "top"].map((data) => tarOf({ data }));
const diffIds = layers.map(digestOf);
const compressed = [gzipSync(layers[0] ?? ""), zstdCompressSync(layers[1] ?? "")] as const;
const { manifest: manifestType, index: indexType, config: configType, layer: layerType } = families.oci;
const imageName = "docker.io/library/app:1";

/** Blobs as they are written one after the other, each under its digest. */
class Blobs {
  readonly members: TarMember[] = [];
  readonly #prefix: string;

  constructor(prefix = "") {
    this.#prefix = prefix;
  }

  add(mediaType: string, data: Uint8Array | string) {
    const bytes = Buffer.from(data);
    const digest = digestOf(bytes);
    this.members.push({ name: `${this.#prefix}${blobPath(digest)}`, data: bytes });
    return { mediaType, digest, size: bytes.length };
  }
}

function config(architecture: string) {
  return { architecture, os: "linux", rootfs: { type: "layers", diff_ids: diffIds } };
}

function ociImage(blobs: Blobs, json: WriteJson, architecture: string) {
  const stored = compressed.map((bytes) => blobs.add(layerType, bytes));
  const body = {
    schemaVersion: 2,
    mediaType: manifestType,
    config: blobs.add(configType, json(config(architecture))),
    layers: stored,
  };
  return { ...blobs.add(manifestType, json(body)), platform: { os: "linux", architecture } };
}

function ociIndex(blobs: Blobs, json: WriteJson) {
  const manifests = ["amd64", "arm64"].map((architecture) => ociImage(blobs, json, architecture));
  const absent = { mediaType: manifestType, digest: digestOf(Buffer.from("absent")), size: 400 };
  const inner = blobs.add(indexType, json({ schemaVersion: 2, mediaType: indexType, manifests }));
  return blobs.add(indexType, json({ schemaVersion: 2, manifests: [inner, absent] }));
}

const annotations = { "io.containerd.image.name": imageName, "org.opencontainers.image.ref.name": "1" };

function layoutFiles(prefix: string, json: WriteJson, roots: readonly object[]): TarMember[] {
  return [
    { name: `${prefix}index.json`, data: json({ schemaVersion: 2, manifests: roots }) },
    { name: `${prefix}oci-layout`, data: json({ imageLayoutVersion: "1.0.0" }) },
  ];
}

const ociLayout: WrittenArchive = {
  name: "OCI layout of GNU tar",
  write(json) {
    const blobs = new Blobs("./");
    const roots = [{ ...ociIndex(blobs, json), annotations }, ociImage(blobs, json, "riscv64")];
    const folders = ["./", "./blobs/", "./blobs/sha256/"].map((name) => ({ name, type: "5" }));
    const members = [...folders, ...blobs.members, ...layoutFiles("./", json, roots)];
    return tar(...members.map((member): TarMember => ({ ...member, dialect: "gnu" })));
  },
};

/** Of one image, with nothing missing. */
export const skopeoOci: WrittenArchive = {
  name: "OCI archive of skopeo",
  write(json) {
    const blobs = new Blobs();
    const root = { ...ociImage(blobs, json, "amd64"), annotations };
    return tar(pax({ mtime: "1.5" }, "g"), ...blobs.members, ...layoutFiles("", json, [root]));
  },
};

const dockerSaveNew: WrittenArchive = {
  name: "docker save since 25",
  write(json) {
    const blobs = new Blobs();
    const stored = layers.map((bytes) => blobs.add("application/vnd.oci.image.layer.v1.tar", bytes));
    const stated = blobs.add(configType, json(config("amd64")));
    const body = { schemaVersion: 2, mediaType: manifestType, config: stated, layers: stored };
    const root = { ...blobs.add(manifestType, json(body)), annotations };
    const paths = stored.map(({ digest }) => blobPath(digest));
    const listed = { Config: blobPath(stated.digest), RepoTags: ["app:1"], Layers: paths };
    return tar(
      { name: "blobs/", type: "5" },
      ...blobs.members,
      ...layoutFiles("", json, [root]),
      { name: "manifest.json", data: json([listed]) },
      { name: "repositories", data: json({ app: { 1: digestOf(Buffer.from("last")).slice(7) } }) },
    );
  },
};

/** A config named for its digest, and what manifest.json says of the image. */
function dockerFiles(json: WriteJson, paths: readonly string[], prefix = "") {
  const text = json(config("amd64"));
  const name = `${prefix}${digestOf(Buffer.from(text)).slice(7)}${prefix ? "" : ".json"}`;
  const listed = { Config: name, RepoTags: ["app:1", "example.com/app:2"], Layers: paths };
  return [
    { name, data: text },
    { name: "manifest.json", data: json([listed, { ...listed, RepoTags: null }]) },
  ];
}

const ids = ["a", "b"].map((text) => digestOf(Buffer.from(text)).slice(7));

const dockerSaveOld: WrittenArchive = {
  name: "docker save before 25",
  write(json) {
    const folders = ids.flatMap((id, position): TarMember[] => [
      { name: `${id}/`, type: "5" },
      { name: `${id}/VERSION`, data: "1.0" },
      { name: `${id}/json`, data: json({ id }) },
      { name: `${id}/layer.tar`, data: layers[position] },
    ]);
    const paths = ids.map((id) => `${id}/layer.tar`);
    const repositories = { name: "repositories", data: json({ app: { 1: ids[1] } }) };
    return tar(...folders, ...dockerFiles(json, paths), repositories);
  },
};

const skopeoDocker: WrittenArchive = {
  name: "Docker archive of skopeo",
  write(json) {
    const files = diffIds.map((diffId, position) => ({
      name: `${diffId.slice(7)}.tar`,
      data: layers[position],
    }));
    const links = ids.flatMap((id, position): TarMember[] => [
      { name: `${id}/VERSION`, data: "1.0" },
      { name: `${id}/layer.tar`, type: "2", linkName: `../${files[position]?.name}` },
      { name: `${id}/json`, data: json({ id }) },
    ]);
    return tar(...files, ...links, ...dockerFiles(json, [`${ids[0]}/layer.tar`, files[1]?.name ?? ""]));
  },
};

const crane: WrittenArchive = {
  name: "tarball of crane",
  write(json) {
    const files = compressed.map((data) => ({ name: `${digestOf(data).slice(7)}.tar.gz`, data }));
    return tar(
      ...files,
      ...dockerFiles(
        json,
        files.map(({ name }) => name),
        "sha256:",
      ),
    );
  },
};

const longNames: WrittenArchive = {
  name: "Docker archive with long names and hard links",
  write(json) {
    const folder = "f".repeat(150);
    return tar(
      gnuLong("L", `${folder}/layer`),
      { name: folder.slice(0, 99), data: layers[0], dialect: "gnu" },
      pax({ path: `${folder}/other`, linkpath: `${folder}/layer` }),
      { name: "other", type: "1" },
      pax({ path: `${folder}/top`, size: String(layers[1]?.length) }),
      { name: "top", data: layers[1] },
      ...dockerFiles(json, [`${folder}/other`, `${folder}/top`]),
    );
  },
};

/** One archive of every kind that is read. */
export const writtenArchives: readonly WrittenArchive[] = [
  ociLayout,
  skopeoOci,
  dockerSaveNew,
  dockerSaveOld,
  skopeoDocker,
  crane,
  longNames,
];
