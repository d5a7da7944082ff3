import type { EventBuses } from "../events/event-buses.ts";
import type { Authorize } from "../http.ts";
import type { Roles } from "../iam/roles.ts";
import type { AsynchronousInvocations } from "../lambda/asynchronous-invocations.ts";
import type { Functions } from "../lambda/functions.ts";
import type { FunctionPermissions } from "../lambda/permissions.ts";
import type { QueueMapping } from "../lambda/queue-poller.ts";
import type { BucketStore } from "../s3/bucket-store.ts";
import type { Schedules } from "../scheduler/schedules.ts";
import type { Topics } from "../sns/topics.ts";
import type { Queues } from "../sqs/queues.ts";
import type { Executions } from "../states/executions.ts";
import { readAssembly } from "./assembly.ts";
import { checkMonitoring } from "./check-monitoring.ts";
import { createBucket } from "./create-bucket.ts";
import { functionOf } from "./create-function.ts";
import { createQueues } from "./create-queue.ts";
import { attachPolicy, createRole, refuseUnknownPolicies } from "./create-role.ts";
import { machineOf } from "./create-state-machine.ts";
import { deployEvents } from "./deploy-events.ts";
import { deploySchedules } from "./deploy-schedules.ts";
import { type NamedResource, ofType } from "./resource-type.ts";
import { type ResolvedStack, resolveStack } from "./stack-resources.ts";

/** What resources are created in. */
export interface DeployTargets {
  readonly data: string;
  readonly roles: Roles;
  readonly functions: Functions;
  readonly executions: Executions;
  readonly buckets: BucketStore;
  readonly queues: Queues;
  /** Brings a queue's messages to a function from now on. */
  readonly poll: (mapping: QueueMapping) => void;
  readonly permissions: FunctionPermissions;
  readonly invocations: AsynchronousInvocations;
  readonly topics: Topics;
  readonly buses: EventBuses;
  readonly schedules: Schedules;
  readonly authorize: Authorize;
  /** Creates a repository unless it is there from an earlier run. */
  readonly createRepository: (repository: NamedResource) => Promise<void>;
}

/** A deployed stack. */
export interface DeployedStack {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** Deploys every stack of a cloud assembly; throws an Error that names the first thing that cannot be deployed. */
export async function deploy(assembly: string, targets: DeployTargets): Promise<DeployedStack[]> {
  const stacks = readAssembly(assembly).map(resolveStack);
  const all = stacks.flatMap(({ resources }) => resources);
  createRoles(all, targets.roles);
  for (const bucket of ofType(all, "AWS::S3::Bucket")) createBucket(bucket, targets.buckets);
  for (const repository of ofType(all, "AWS::ECR::Repository")) await targets.createRepository(repository);
  createQueues(ofType(all, "AWS::SQS::Queue"), targets.queues);
  for (const resource of ofType(all, "AWS::Lambda::Function"))
    targets.functions.add(functionOf(resource, targets));
  deployEvents(all, targets);
  const hasFunction = (arn: string) => targets.functions.has(arn);
  for (const resource of ofType(all, "AWS::StepFunctions::StateMachine")) {
    targets.executions.addMachine(machineOf(resource, { roles: targets.roles, hasFunction }));
  }
  deploySchedules(all, targets);
  checkMonitoring(all, targets.topics);
  return stacks.map(deployed);
}

function createRoles(all: readonly NamedResource[], roles: Roles): void {
  refuseUnknownPolicies(all);
  for (const role of ofType(all, "AWS::IAM::Role")) createRole(role, roles);
  for (const policy of [...ofType(all, "AWS::IAM::Policy"), ...ofType(all, "AWS::IAM::ManagedPolicy")]) {
    attachPolicy(policy, all, roles);
  }
}

function deployed({ stack: { name, account, region }, outputs }: ResolvedStack): DeployedStack {
  return { name, account, region, outputs };
}
