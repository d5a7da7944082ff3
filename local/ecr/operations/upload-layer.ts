import { z } from "zod";
import { completeLayer } from "../complete-layer.ts";
import { layerDigest, repositoryFields, uploadId } from "../constraint.ts";
import { EcrError } from "../errors.ts";
import { addressOf, repositoryOperation } from "../operation.ts";
import type { Repository } from "../repository.ts";
import type { Upload } from "../upload.ts";

/** Opens an upload; the part size is what ECR answers today. */
export const initiateLayerUpload = repositoryOperation(
  "InitiateLayerUpload",
  z.object(repositoryFields),
  (_input, repository) => ({ uploadId: repository.openUpload().id, partSize: 10_485_760 }),
);

const part = z.object({
  ...repositoryFields,
  uploadId,
  partFirstByte: z.number().int().min(0),
  partLastByte: z.number().int().min(0),
  layerPartBlob: z
    .instanceof(Buffer)
    .refine(({ length }) => length <= 20_971_520, "must have length less than or equal to 20971520"),
});

/** Takes the next part of an upload; `lastByteReceived` counts from zero. */
export const uploadLayerPart = repositoryOperation("UploadLayerPart", part, (input, repository) =>
  repository.withUpload(input.uploadId, async (upload) => {
    refuseMisplaced(repository, upload, input);
    await upload.appendPart(input.layerPartBlob);
    return { ...addressOf(repository), uploadId: upload.id, lastByteReceived: upload.received - 1 };
  }),
);

/** Closes an upload into a layer, if its bytes have one of the digests given. */
export const completeLayerUpload = repositoryOperation(
  "CompleteLayerUpload",
  z.object({ ...repositoryFields, uploadId, layerDigests: z.array(layerDigest).min(1).max(100) }),
  (input, repository) =>
    repository.withUpload(input.uploadId, async (upload) => ({
      ...addressOf(repository),
      uploadId: upload.id,
      layerDigest: completeLayer(repository, upload, input.layerDigests),
    })),
);

function refuseMisplaced(repository: Repository, upload: Upload, input: z.infer<typeof part>): void {
  const refused = (message: string) =>
    new EcrError("InvalidLayerPartException", message, {
      ...addressOf(repository),
      uploadId: upload.id,
      lastValidByteReceived: Math.max(0, upload.received - 1),
    });
  const { partFirstByte, partLastByte, layerPartBlob } = input;
  const announced = partLastByte - partFirstByte + 1;
  if (partFirstByte !== upload.received) {
    throw refused(`First byte of the layer part is ${partFirstByte} instead of ${upload.received}.`);
  }
  if (announced !== layerPartBlob.length) {
    throw refused(`The layer part is ${layerPartBlob.length} bytes long instead of ${announced}.`);
  }
  if (layerPartBlob.length === 0) throw refused("The layer part is empty.");
  if (layerPartBlob.length > repository.quotas.partBytes) {
    throw refused(
      `The layer part is ${layerPartBlob.length} bytes long, and at most ${repository.quotas.partBytes} are allowed.`,
    );
  }
}
