import { z } from "zod";
import { repositoryFields } from "../constraint.ts";
import { EcrError } from "../errors.ts";
import { mutabilityFields, readMutability } from "../mutability-input.ts";
import { operation, repositoryKey } from "../operation.ts";
import { described } from "../repository-description.ts";
import { repositoryArn } from "../repository-key.ts";

const input = z.object({
  ...repositoryFields,
  ...mutabilityFields,
  imageTagMutability: mutabilityFields.imageTagMutability.optional(),
  tags: z.array(z.object({ Key: z.string(), Value: z.string() })).optional(),
  imageScanningConfiguration: z.object({ scanOnPush: z.boolean().optional() }).optional(),
  encryptionConfiguration: z
    .object({
      encryptionType: z.enum(["AES256", "KMS", "KMS_DSSE"]),
      kmsKey: z.string().min(1).max(2048).optional(),
    })
    .optional(),
});

/** Makes an empty repository. */
export const createRepository = operation(
  "CreateRepository",
  input,
  (request, context) => [repositoryArn(repositoryKey(request, context))],
  (request, context) => {
    refuseTags(request.tags ?? []);
    const repository = context.store.create(repositoryKey(request, context), {
      createdAt: Date.now(),
      ...readMutability({ imageTagMutability: "MUTABLE", ...request }),
      imageScanningConfiguration: { scanOnPush: request.imageScanningConfiguration?.scanOnPush ?? false },
      encryptionConfiguration: request.encryptionConfiguration ?? { encryptionType: "AES256" },
      tags: request.tags ?? [],
    });
    return { repository: described(repository) };
  },
);

function refuseTags(tags: readonly { Key: string; Value: string }[]): void {
  if (tags.length > 50) {
    throw new EcrError(
      "TooManyTagsException",
      "The list of tags on the repository is over the limit of 50 tags",
    );
  }
  const invalid = tags.find(({ Key, Value }) => Key.length < 1 || Key.length > 128 || Value.length > 256);
  if (!invalid) return;
  throw new EcrError(
    "InvalidTagParameterException",
    `The tag '${invalid.Key}' must have a key of 1 to 128 characters and a value of at most 256`,
  );
}
