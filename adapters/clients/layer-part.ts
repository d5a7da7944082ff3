import {
  type ECRClient,
  UploadLayerPartCommand,
  type UploadLayerPartCommandOutput,
} from "@aws-sdk/client-ecr";
import type { HttpRequest } from "@smithy/types";
import { byteRange } from "../../core/model/byte-range.ts";
import type { EcrRepository } from "../../core/model/reference.ts";
import type { Upload } from "../../core/ports.ts";

/** Bytes encoded at a time: a multiple of three, and small enough that the text between is short-lived. */
const slice = 48 * 1024;

/** Bytes beyond a body, so that its buffer also takes a later one, whose offsets have more digits. */
const headroom = 1024;

/** Request buffers that are not in use: allocating one for each part costs more CPU than filling it. */
const buffers: Buffer[] = [];

/**
 * Sends UploadLayerPart with a body that is written here: the bytes become base64 straight in the
 * request's buffer. The SDK's own serialiser takes over twice the CPU for it (bench/README.md).
 */
export async function uploadLayerPart(
  client: ECRClient,
  { account: registryId, name: repositoryName }: EcrRepository,
  { upload, from, part }: { upload: Upload; from: number; part: Uint8Array },
): Promise<UploadLayerPartCommandOutput> {
  const { first, last } = byteRange(from, part.length);
  const input = { registryId, repositoryName, uploadId: upload.id, partFirstByte: first, partLastByte: last };
  const command = new UploadLayerPartCommand({ ...input, layerPartBlob: new Uint8Array() });
  const large = part.length > slice;
  const buffer = (large && buffers.pop()) || Buffer.allocUnsafeSlow(0);
  const body = encodeBody(input, part, buffer);
  command.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as HttpRequest;
      request.body = body;
      request.headers["content-length"] = String(body.length);
      return next(args);
    },
    // After the serialiser, and before what signs.
    { step: "build", name: "layerPartBody" },
  );
  const output = await client.send(command);
  // After a failure the buffer is let go: a connection that was given up may still be sending it.
  if (large) buffers.push(Buffer.from(body.buffer));
  return output;
}

/** The JSON of a request whose last member is a part's bytes in base64, in the buffer if it is large enough. */
export function encodeBody(input: object, part: Uint8Array, buffer: Buffer = Buffer.alloc(0)): Buffer {
  const head = `${JSON.stringify(input).slice(0, -1)},"layerPartBlob":"`;
  const encoded = Math.ceil(part.length / 3) * 4;
  const length = Buffer.byteLength(head) + encoded + 2;
  const body =
    buffer.length < length
      ? Buffer.allocUnsafeSlow(length + headroom).subarray(0, length)
      : buffer.subarray(0, length);
  const bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
  let at = body.write(head);
  for (let from = 0; from < bytes.length; from += slice) {
    at += body.write(bytes.toString("base64", from, Math.min(from + slice, bytes.length)), at, "latin1");
  }
  body.write('"}', at, "latin1");
  return body;
}
