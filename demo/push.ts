import type { Content, Image } from "./image.ts";

/** Pushes an image to a registry over the distribution API, as docker would; `repository` is a URL such as `http://host/v2/name`. */
export async function push(image: Image, repository: string, tag: string): Promise<void> {
  for (const { descriptor, bytes } of image.blobs) {
    const started = await send("POST", `${repository}/blobs/uploads/`, 202);
    const upload = new URL(started.headers.get("location") ?? "", repository);
    upload.searchParams.set("digest", descriptor.digest);
    await send("PUT", upload, 201, bytes, "application/octet-stream");
  }
  for (const manifest of image.manifests) await put(manifest, repository, manifest.descriptor.digest);
  await put(image.index, repository, tag);
}

async function put({ descriptor, bytes }: Content, repository: string, reference: string): Promise<void> {
  await send("PUT", `${repository}/manifests/${reference}`, 201, bytes, descriptor.mediaType);
}

async function send(method: string, url: string | URL, status: number, body?: Buffer, type?: string) {
  const response = await fetch(url, {
    method,
    body: body && new Uint8Array(body),
    headers: type ? { "content-type": type } : {},
  });
  if (response.status === status) return response;
  throw new Error(`${method} ${url} answered ${response.status}: ${await response.text()}`);
}
