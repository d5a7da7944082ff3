import { digestOf, noise } from "./image.ts";
import { tar } from "./tar.ts";

/** What `docker save` writes, and the id of the image in it: the digest of its config. */
export interface Archive {
  readonly bytes: Buffer;
  readonly id: string;
}

/** Saves an image of two layers that are not compressed; the first is the same for every version. */
export function saveImage(name: string, version: string): Archive {
  const layers = [
    { path: "base/layer.tar", bytes: layer("usr/share/base", 16) },
    { path: "app/layer.tar", bytes: layer(`opt/${name}-${version}`, 4) },
  ];
  const config = Buffer.from(
    JSON.stringify({
      os: "linux",
      architecture: "amd64",
      config: { Entrypoint: [`/opt/${name}-${version}`] },
      rootfs: { type: "layers", diff_ids: layers.map(({ bytes }) => digestOf(bytes)) },
    }),
  );
  const id = digestOf(config);
  const path = `${id.slice("sha256:".length)}.json`;
  const Layers = layers.map((each) => each.path);
  const manifest = Buffer.from(JSON.stringify([{ Config: path, RepoTags: [`${name}:${version}`], Layers }]));
  const files = [...layers, { path, bytes: config }, { path: "manifest.json", bytes: manifest }];
  return { bytes: tar(files), id };
}

function layer(path: string, mebibytes: number): Buffer {
  return tar([{ path, bytes: noise(path, mebibytes * 1024 * 1024) }]);
}
