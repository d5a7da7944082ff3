import fc from "fast-check";
import { maxLinks, maxTarget } from "../../core/archive/archive-index.ts";
import { maxJsonSize } from "../../core/archive/json-file.ts";
import { maxExtension, maxHeaders, maxNameBytes } from "../../core/archive/tar-entries.ts";
import { digestOf } from "../../core/model/digest.ts";
import { gnuLong, header, member, pax, tar, tarOf } from "../fakes/tar.ts";
import { readEverything } from "./both-readers.ts";
import type { Property } from "./property.ts";
import { archiveOf } from "./watched-archive.ts";

const layer = tarOf({ data: "x" });
const digest = digestOf(Buffer.from("absent"));

function config(layers: number) {
  return { rootfs: { diff_ids: Array(layers).fill(digestOf(layer)) } };
}

/** An archive of files, of which one is larger than it looks to a reader. */
function withJson(name: string, text: string, index: object = { manifests: [] }): Uint8Array {
  const listed = [{ Config: "c.json", RepoTags: ["app:1"], Layers: ["layer.tar"] }];
  const layout = { "oci-layout": { imageLayoutVersion: "1.0.0" }, "index.json": index };
  return tarOf({ ...layout, "manifest.json": listed, "c.json": config(1), "layer.tar": layer, [name]: text });
}

function list(item: string, times: number): string {
  return `[${Array(times).fill(item).join(",")}]`;
}

const million = list(`{"Config":"c.json","RepoTags":${list('"a"', 1_000)},"Layers":["layer.tar"]}`, 1_000);
const named = { mediaType: "a/b", digest, size: 2, annotations: { "io.containerd.image.name": "a" } };

/** A chain of links, each with a target as long as any, to a layer that an image has a thousand times. */
function longLinks(): Uint8Array {
  const target = (name: string) => `${"x/../".repeat(maxTarget / 5 - 1)}${name}`;
  const links = Array.from({ length: maxLinks }, (_, at) => [
    pax({ linkpath: target(`l${at + 1}`) }),
    header({ name: `l${at}`, type: "2", linkName: "short" }),
  ]).flat();
  const listed = [{ Config: "c.json", Layers: Array(1_000).fill("l0") }];
  const files = [
    { name: `l${maxLinks}`, data: layer },
    { name: "c.json", data: JSON.stringify(config(1_000)) },
  ];
  return tar(...links, ...files, { name: "manifest.json", data: JSON.stringify(listed) });
}

/** Archives that are as large as the limits let them be in one way or another. */
const extremes: Readonly<Record<string, () => Uint8Array>> = {
  "lists in lists": () =>
    withJson("manifest.json", "[".repeat(maxJsonSize / 2) + "]".repeat(maxJsonSize / 2)),
  "objects in objects": () => withJson("index.json", `${'{"":'.repeat(800_000)}1${"}".repeat(800_000)}`),
  "a million objects": () => withJson("c.json", list("{}", 1_398_000)),
  "a number of a million digits": () => withJson("manifest.json", "9".repeat(maxJsonSize)),
  "a million names": () => withJson("manifest.json", million),
  "a million names, and a layout": () => withJson("manifest.json", million, { manifests: [named] }),
  "long links": longLinks,
  "longer links": () => tar(gnuLong("K", "x/../".repeat(200_000)), { name: "index.json", type: "2" }),
  "too many headers": () => Buffer.concat(Array(maxHeaders + 2).fill(header({ name: "a" }))),
  "long names": () => Buffer.concat(Array(40).fill(gnuLong("L", "a/".repeat(maxExtension / 2 - 1)))),
  "a long name for all": () =>
    tar(pax({ path: "a/".repeat(maxExtension / 2 - 50) }, "g"), ...Array(40).fill(header({ name: "a" }))),
  "small records": () =>
    tar(
      ...Array(maxNameBytes / maxExtension).fill(
        member({ name: "x", type: "x", data: "6 a=b\n".repeat(maxExtension / 6 - 1) }),
      ),
    ),
};

/** Archives at the limits are read in bounded time and memory. */
export const atTheLimits: Property<string> = {
  name: "archives at the limits",
  share: 0.02,
  inputs: fc.constantFrom(...Object.keys(extremes)),
  bytes: (name) => extremes[name]?.() ?? new Uint8Array(),
  check: (name) => readEverything(archiveOf(extremes[name]?.() ?? new Uint8Array())),
};
