import {
  type ECRClient,
  PutLifecyclePolicyCommand,
  SetRepositoryPolicyCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-ecr";
import { Failure } from "../../core/errors.ts";
import type { EcrRepository } from "../../core/model/reference.ts";
import { type RepositorySettings, unfinishedTag } from "../../core/model/repository-settings.ts";
import { awsFailure } from "../clients/aws-failure.ts";
import { repositoryArn } from "../clients/ecr-repository.ts";
import { addressOf } from "./repository-settings-read.ts";

const policies = ["lifecyclePolicy", "repositoryPolicy"] as const;

/** The policies that are asked for, as the value of the tag: empty without any. */
export function unfinishedValue(asked: RepositorySettings): string {
  return policies.filter((policy) => asked[policy] !== undefined).join(" ");
}

/** Whether settings have every policy that an unfinished repository has yet to get. */
export function canFinish(value: string | undefined, asked: RepositorySettings): boolean {
  if (value === undefined) return false;
  return policies.every((policy) => !value.split(" ").includes(policy) || asked[policy] !== undefined);
}

/**
 * Gives a new repository the policies that are asked for, which CreateRepository cannot, and then takes off the tag that
 * says they are missing. What was done stays done when it ends in between: it may be begun again. Throws `Failure`.
 */
export async function finishRepository(
  client: ECRClient,
  repository: EcrRepository,
  asked: RepositorySettings,
): Promise<void> {
  const steps = stepsFor(client, repository, asked);
  for (const [at, { operation, field, send }] of steps.entries()) {
    try {
      await send();
    } catch (error) {
      const missing = steps.slice(at).map((step) => step.field);
      throw unfinished(error, { repository, operation, field, missing });
    }
  }
}

interface Step {
  readonly operation: string;
  /** What it does, as a field of `createRepository` or as the tag. */
  readonly field: string;
  readonly send: () => Promise<unknown>;
}

function stepsFor(client: ECRClient, repository: EcrRepository, asked: RepositorySettings): Step[] {
  const { lifecyclePolicy: lifecyclePolicyText, repositoryPolicy: policyText } = asked;
  const address = addressOf(repository);
  const put: Step = {
    operation: "PutLifecyclePolicy",
    field: "lifecyclePolicy",
    send: () => client.send(new PutLifecyclePolicyCommand({ ...address, lifecyclePolicyText })),
  };
  const set: Step = {
    operation: "SetRepositoryPolicy",
    field: "repositoryPolicy",
    send: () => client.send(new SetRepositoryPolicyCommand({ ...address, policyText })),
  };
  const untag: Step = {
    operation: "UntagResource",
    field: `removal of the tag ${unfinishedTag}`,
    send: () =>
      client.send(
        new UntagResourceCommand({ resourceArn: repositoryArn(repository), tagKeys: [unfinishedTag] }),
      ),
  };
  // The repository's policy comes late, since it may forbid the rest to whoever is not named in it.
  return [...(lifecyclePolicyText ? [put] : []), ...(policyText ? [set] : []), untag];
}

function unfinished(
  error: unknown,
  step: { repository: EcrRepository; operation: string; field: string; missing: readonly string[] },
): Error {
  const { repository, operation, field, missing } = step;
  const subject = repositoryArn(repository);
  const failure = awsFailure(error, { side: "destination", operation, subject });
  if (!(failure instanceof Failure)) return failure;
  const refused = failure.name === "RequestInvalid" ? `createRepository.${field}: ` : "";
  return new Failure(
    // It was there a moment ago: it is not to be seen yet, or somebody has deleted it.
    failure.name === "RepositoryNotFound" ? "Unavailable" : failure.name,
    { side: "destination", operation, cause: error },
    `${refused}${failure.message}. The repository was created and is unfinished: it lacks ${missing.join(", ")}; the next run with createRepository finishes it`,
  );
}
