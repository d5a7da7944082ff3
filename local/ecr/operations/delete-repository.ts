import { z } from "zod";
import { repositoryFields } from "../constraint.ts";
import { EcrError } from "../errors.ts";
import { repositoryOperation } from "../operation.ts";
import { described } from "../repository-description.ts";

/** Removes a repository; one with images only by force. */
export const deleteRepository = repositoryOperation(
  "DeleteRepository",
  z.object({ ...repositoryFields, force: z.boolean().optional() }),
  ({ force = false }, repository, { store }) => {
    const { account, name } = repository.key;
    if (repository.images.count > 0 && !force) {
      throw new EcrError(
        "RepositoryNotEmptyException",
        `The repository with name '${name}' in registry with id '${account}' cannot be deleted because it still contains images`,
      );
    }
    store.delete(repository.key);
    return { repository: described(repository) };
  },
);
