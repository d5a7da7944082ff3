import { z } from "zod";
import { repositoryFields } from "../constraint.ts";
import { mutabilityFields, readMutability } from "../mutability-input.ts";
import { addressOf, repositoryOperation } from "../operation.ts";

/** Sets which tags may move from now on. */
export const putImageTagMutability = repositoryOperation(
  "PutImageTagMutability",
  z.object({ ...repositoryFields, ...mutabilityFields }),
  (request, repository) => {
    const mutability = readMutability(request);
    repository.settings = { ...repository.settings, ...mutability };
    return { ...addressOf(repository), ...mutability };
  },
);
