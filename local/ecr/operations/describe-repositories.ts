import { z } from "zod";
import { pageFields, registryId, repositoryName } from "../constraint.ts";
import { invalidParameter } from "../errors.ts";
import { type Context, operation, repositoryKey } from "../operation.ts";
import { pageOf } from "../page.ts";
import { described } from "../repository-description.ts";
import { repositoryArn } from "../repository-key.ts";

const input = z.object({
  registryId: registryId.optional(),
  repositoryNames: z.array(repositoryName).min(1).max(100).optional(),
  ...pageFields,
});

/** The repositories named, all of which must be there, or all of the registry in pages. */
export const describeRepositories = operation("DescribeRepositories", input, arnsOf, (request, context) => {
  const { repositoryNames } = request;
  if (repositoryNames) {
    if (request.nextToken !== undefined || request.maxResults !== undefined) {
      throw invalidParameter("repositoryNames", "must not be given together with nextToken or maxResults");
    }
    const keys = repositoryNames.map((name) => repositoryKey({ ...request, repositoryName: name }, context));
    return { repositories: keys.map((key) => described(context.store.get(key))) };
  }
  const all = context.store.list(request.registryId ?? context.caller.account, context.caller.region);
  const { entries, nextToken } = pageOf(all, ({ key }) => key.name, request);
  return { repositories: entries.map(described), nextToken };
});

function arnsOf(request: z.infer<typeof input>, context: Context): string[] {
  const names = request.repositoryNames ?? ["*"];
  return names.map((name) => repositoryArn(repositoryKey({ ...request, repositoryName: name }, context)));
}
