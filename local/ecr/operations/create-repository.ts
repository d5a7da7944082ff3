import { z } from "zod";
import { repositoryFields } from "../constraint.ts";
import { checkEncryption, encryptionConfiguration } from "../encryption.ts";
import { mutabilityFields, readMutability } from "../mutability-input.ts";
import { operation, repositoryKey } from "../operation.ts";
import { described } from "../repository-description.ts";
import { repositoryArn } from "../repository-key.ts";
import { tagList, withTags } from "../tags.ts";

const input = z.object({
  ...repositoryFields,
  ...mutabilityFields,
  imageTagMutability: mutabilityFields.imageTagMutability.optional(),
  tags: tagList.optional(),
  imageScanningConfiguration: z.object({ scanOnPush: z.boolean().optional() }).optional(),
  encryptionConfiguration: encryptionConfiguration.optional(),
});

/** Makes an empty repository; with tags, the caller has to be allowed to set them, too (estahn/k8s-image-swapper#416). */
export const createRepository = operation(
  "CreateRepository",
  input,
  (request, context) => [repositoryArn(repositoryKey(request, context))],
  (request, context) => {
    const { authorize, caller, store } = context;
    const { tags = [], encryptionConfiguration = { encryptionType: "AES256" } } = request;
    const key = repositoryKey(request, context);
    if (tags.length > 0) authorize(caller, "ecr:TagResource", repositoryArn(key));
    const settings = {
      createdAt: Date.now(),
      ...readMutability({ imageTagMutability: "MUTABLE", ...request }),
      imageScanningConfiguration: { scanOnPush: request.imageScanningConfiguration?.scanOnPush ?? false },
      encryptionConfiguration,
      tags: withTags([], tags),
    };
    if (!store.find(key)) checkEncryption(encryptionConfiguration, context);
    return { repository: described(store.create(key, settings)) };
  },
);
