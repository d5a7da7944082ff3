import { z } from "zod";
import { repositoryName } from "../constraint.ts";
import { invalidParameter } from "../errors.ts";
import { type Context, type Operation, operation } from "../operation.ts";
import type { Repository } from "../repository.ts";
import { type RepositoryKey, repositoryArn } from "../repository-key.ts";
import { tagList, withTags } from "../tags.ts";

const resource = { resourceArn: z.string() };

/** Sets tags of a repository, and leaves its others as they are. */
export const tagResource = tagOperation(
  "TagResource",
  z.object({ ...resource, tags: tagList }),
  (request, repository) => {
    repository.settings = { ...repository.settings, tags: withTags(repository.settings.tags, request.tags) };
    return {};
  },
);

/** Removes tags of a repository; a key that it does not have is no error. */
export const untagResource = tagOperation(
  "UntagResource",
  z.object({ ...resource, tagKeys: z.array(z.string().min(1).max(128)) }),
  (request, repository) => {
    const tags = repository.settings.tags.filter(({ Key }) => !request.tagKeys.includes(Key));
    repository.settings = { ...repository.settings, tags };
    return {};
  },
);

/** The tags of a repository. */
export const listTagsForResource = tagOperation(
  "ListTagsForResource",
  z.object(resource),
  (_request, repository) => ({ tags: repository.settings.tags }),
);

function tagOperation<Input extends { resourceArn: string }>(
  action: string,
  shape: z.ZodType<Input>,
  perform: (input: Input, repository: Repository) => object,
): Operation {
  return operation(
    action,
    shape,
    (input, context) => [repositoryArn(keyOf(input, context))],
    (input, context) => perform(input, context.store.get(keyOf(input, context))),
  );
}

function keyOf({ resourceArn }: { resourceArn: string }, { caller }: Context): RepositoryKey {
  const [, region, account, name] =
    /^arn:aws:ecr:([a-z0-9-]+):(\d{12}):repository\/(.+)$/.exec(resourceArn) ?? [];
  if (account === undefined || region !== caller.region || !repositoryName.safeParse(name).success) {
    throw invalidParameter("resourceArn", "Invalid ARN");
  }
  return { account, region, name: name ?? "" };
}
