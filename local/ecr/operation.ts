import type { z } from "zod";
import type { Authorize, Caller } from "../http.ts";
import { readInput } from "./constraint.ts";
import type { OnImageAction } from "./image-action.ts";
import type { LayerDownloads } from "./layer-downloads.ts";
import type { Repository } from "./repository.ts";
import { type RepositoryKey, repositoryArn } from "./repository-key.ts";
import type { EcrStore } from "./store.ts";

/** What an operation works with besides its input. */
export interface Context {
  readonly store: EcrStore;
  readonly downloads: LayerDownloads;
  readonly authorize: Authorize;
  readonly onImageAction?: OnImageAction;
  readonly caller: Caller;
  readonly endpoint: string;
}

/** One API operation: checks its input, asks whether the caller may, and answers. */
export type Operation = (input: unknown, context: Context) => Promise<object>;

interface RepositoryInput {
  readonly registryId?: string;
  readonly repositoryName: string;
}

/** An operation on no repository, or on many: `arnsOf` tells what the caller must be allowed. */
export function operation<Input>(
  action: string,
  shape: z.ZodType<Input>,
  arnsOf: (input: Input, context: Context) => readonly string[],
  perform: (input: Input, context: Context) => object | Promise<object>,
): Operation {
  return async (raw, context) => {
    const input = readInput(shape, raw);
    for (const arn of arnsOf(input, context)) context.authorize(context.caller, `ecr:${action}`, arn);
    return perform(input, context);
  };
}

/** An operation on one repository, which must be there. */
export function repositoryOperation<Input extends RepositoryInput>(
  action: string,
  shape: z.ZodType<Input>,
  perform: (input: Input, repository: Repository, context: Context) => object | Promise<object>,
): Operation {
  const arnsOf = (input: Input, context: Context) => [repositoryArn(repositoryKey(input, context))];
  return operation(action, shape, arnsOf, (input, context) =>
    perform(input, context.store.get(repositoryKey(input, context)), context),
  );
}

/** The repository that a request names: in the caller's registry unless it names another, in the region it was signed for. */
export function repositoryKey(
  { registryId, repositoryName }: RepositoryInput,
  { caller }: Context,
): RepositoryKey {
  return { account: registryId ?? caller.account, region: caller.region, name: repositoryName };
}

/** The fields that most answers begin with. */
export function addressOf({ key }: Repository): { registryId: string; repositoryName: string } {
  return { registryId: key.account, repositoryName: key.name };
}
