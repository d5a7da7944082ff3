import { z } from "zod";
import { repositoryFields } from "../constraint.ts";
import { EcrError } from "../errors.ts";
import { addressOf, repositoryOperation } from "../operation.ts";
import { checkRepositoryPolicy, policyText } from "../policy-text.ts";

/** Keeps a repository's policy, which nothing here enforces; `force` changes nothing, since nobody can lock himself out. */
export const setRepositoryPolicy = repositoryOperation(
  "SetRepositoryPolicy",
  z.object({ ...repositoryFields, policyText, force: z.boolean().optional() }),
  (request, repository) => {
    checkRepositoryPolicy(request.policyText);
    repository.settings = { ...repository.settings, policyText: request.policyText };
    return { ...addressOf(repository), policyText: request.policyText };
  },
);

/** A repository's policy. */
export const getRepositoryPolicy = repositoryOperation(
  "GetRepositoryPolicy",
  z.object(repositoryFields),
  (_request, repository) => {
    const { policyText: text } = repository.settings;
    if (text !== undefined) return { ...addressOf(repository), policyText: text };
    const { account, name } = repository.key;
    throw new EcrError(
      "RepositoryPolicyNotFoundException",
      `Repository policy does not exist for the repository with name '${name}' in the registry with id '${account}'`,
    );
  },
);
