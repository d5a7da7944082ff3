import { z } from "zod";
import { repositoryFields } from "../constraint.ts";
import { EcrError } from "../errors.ts";
import { addressOf, repositoryOperation } from "../operation.ts";
import { checkLifecyclePolicy, lifecyclePolicyText } from "../policy-text.ts";

/** Keeps a repository's lifecycle policy, which nothing here carries out. */
export const putLifecyclePolicy = repositoryOperation(
  "PutLifecyclePolicy",
  z.object({ ...repositoryFields, lifecyclePolicyText }),
  (request, repository) => {
    checkLifecyclePolicy(request.lifecyclePolicyText);
    repository.settings = { ...repository.settings, lifecyclePolicyText: request.lifecyclePolicyText };
    return { ...addressOf(repository), lifecyclePolicyText: request.lifecyclePolicyText };
  },
);

/** A repository's lifecycle policy, which was never evaluated. */
export const getLifecyclePolicy = repositoryOperation(
  "GetLifecyclePolicy",
  z.object(repositoryFields),
  (_request, repository) => {
    const { lifecyclePolicyText: text } = repository.settings;
    if (text !== undefined)
      return { ...addressOf(repository), lifecyclePolicyText: text, lastEvaluatedAt: 0 };
    const { account, name } = repository.key;
    throw new EcrError(
      "LifecyclePolicyNotFoundException",
      `Lifecycle policy does not exist for the repository with name '${name}' in the registry with id '${account}'`,
    );
  },
);
