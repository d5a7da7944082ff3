import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Credentials } from "./credentials.ts";
import { repositoryMaker } from "./deploy/create-repository.ts";
import { type DeployedStack, deploy } from "./deploy/deploy.ts";
import { EcrService } from "./ecr/ecr-service.ts";
import type { ImageAction } from "./ecr/image-action.ts";
import { imageActionEvent } from "./ecr/image-action-event.ts";
import { LayerDownloads } from "./ecr/layer-downloads.ts";
import { RateQuotas } from "./ecr/rate-quotas.ts";
import { EcrStore } from "./ecr/store.ts";
import { assembleEvents } from "./events/assemble.ts";
import type { BusEvent } from "./events/event.ts";
import { EventsService } from "./events/service.ts";
import { Faults } from "./faults.ts";
import type { CallRecord } from "./http.ts";
import { authorizeBy } from "./iam/authorize.ts";
import { Roles } from "./iam/roles.ts";
import type { Outcome } from "./lambda/environment.ts";
import type { FunctionStatistics } from "./lambda/function.ts";
import { Functions } from "./lambda/functions.ts";
import { LambdaService } from "./lambda/service.ts";
import { RegistryService } from "./registry/registry-service.ts";
import { BucketStore } from "./s3/bucket-store.ts";
import { S3Service } from "./s3/service.ts";
import { Schedules } from "./scheduler/schedules.ts";
import { SecretStore } from "./secrets/secret-store.ts";
import { SecretsService } from "./secrets/service.ts";
import { Front } from "./server.ts";
import type { TopicState } from "./sns/topics.ts";
import type { QueueState } from "./sqs/queues.ts";
import { Executions } from "./states/executions.ts";
import { authorizeAs, invokeAs } from "./states/invoke.ts";
import { objectsAs } from "./states/objects.ts";
import { StatesService } from "./states/service.ts";
import { StsService } from "./sts/service.ts";

/** How local AWS is started. */
export interface LocalAwsOptions {
  /** The cloud assembly to deploy, such as `cdk.out`. */
  readonly assembly: string;
  /** TCP port on 127.0.0.1; 0, the default, is any free one. */
  readonly port?: number;
  /** The folder that keeps images, objects and secrets; by default a temporary one that is removed by `stop`. */
  readonly data?: string;
  /** Milliseconds before every retry and in every Wait state, in place of the definition's, EventBridge's and Lambda's. */
  readonly retryIntervalMillis?: number;
  /** Functions' timeouts in milliseconds in place of the deployed ones, by a part of the function's name such as `CopyLayer`. */
  readonly timeouts?: Readonly<Record<string, number>>;
  /** Calls a second that ECR takes of an account in a region, by operation, such as `{ PutImage: 10 }`; no limit by default. */
  readonly rates?: Readonly<Record<string, number>>;
  /** Most environments of one function at a time; default 8. */
  readonly concurrency?: number;
  /** Told what functions write to stdout and stderr. */
  readonly onLog?: (functionName: string, text: string) => void;
  /** Told of every call as it is recorded. */
  readonly onCall?: (record: CallRecord) => void;
}

/** A running local AWS. */
export interface LocalAws {
  /** Such as `http://127.0.0.1:4566`: what AWS_ENDPOINT_URL is to be. */
  readonly endpoint: string;
  /** Where images, objects, secrets and the functions' logs are. */
  readonly data: string;
  readonly stacks: readonly DeployedStack[];
  readonly roles: Roles;
  readonly faults: Faults;
  /** The record of calls, oldest first; `calls.length = 0` clears it. */
  readonly calls: CallRecord[];
  /** What each function did so far. */
  readonly functions: () => FunctionStatistics[];
  /** The queues, and what services put in them. */
  readonly queues: () => QueueState[];
  /** The topics, and what rules published to them. */
  readonly topics: () => TopicState[];
  /** The last 10,000 events that were put through PutEvents, oldest first. */
  readonly events: () => readonly BusEvent[];
  /** Starts an execution as a schedule does, by its name or `group/name`, and returns its ARN; throws what it failed with. */
  readonly runSchedule: (name: string) => string;
  /** Resolves when no event is on its way any more, retries included. */
  readonly settled: () => Promise<void>;
  /** Runs a function on a JSON text. */
  readonly invoke: (functionArn: string, event: string) => Promise<Outcome>;
  readonly store: EcrStore;
  readonly downloads: LayerDownloads;
  readonly states: Executions;
  /** Ends deliveries, executions and functions, closes the endpoint and removes temporary data. */
  stop(): Promise<void>;
}

/** Starts AWS on this machine and deploys a cloud assembly into it; throws an Error that names what cannot be deployed. */
export async function startLocalAws(options: LocalAwsOptions): Promise<LocalAws> {
  const data = options.data ? resolve(options.data) : await mkdtemp(join(tmpdir(), "local-aws-"));
  const removeData = () =>
    options.data ? undefined : rm(data, { recursive: true, force: true, maxRetries: 10 });
  try {
    const aws = await start(options, data);
    const stop = async () => {
      await aws.stop();
      await removeData();
    };
    return { ...aws, stop };
  } catch (error) {
    await removeData();
    throw error;
  }
}

async function start(options: LocalAwsOptions, data: string): Promise<LocalAws> {
  const calls: CallRecord[] = [];
  const onCall = (record: CallRecord) => {
    calls.push(record);
    options.onCall?.(record);
  };
  const rates = new RateQuotas(options.rates);
  const parts = assemble(options, { data, onCall });
  const { services, functions, executions, credentials, faults, roles, queues, schedules, background } =
    parts;
  const stacks = await deploy(options.assembly, {
    data,
    ...parts,
    createRepository: repositoryMaker(services.ecr),
  });

  const views = {
    functions: () => functions.statistics(),
    stacks: () => stacks,
    queues: () => queues.list(),
    topics: () => parts.topics.list(),
    events: () => services.events.put,
    schedules: () => schedules.list(),
  };
  const runSchedule = (name: string) => schedules.run(name);
  const kill = (accessKeyId: string) => functions.kill(credentials.origin(accessKeyId));
  const front = new Front({ services, credentials, faults, calls, views, runSchedule, rates, kill, onCall });
  const endpoint = await front.listen(options.port ?? 0);
  functions.endpoint = endpoint;
  return {
    endpoint,
    data,
    stacks,
    roles,
    faults,
    calls,
    functions: views.functions,
    queues: views.queues,
    topics: views.topics,
    events: views.events,
    runSchedule,
    settled: () => background.settled(),
    invoke: (functionArn, event) => functions.invoke(functionArn, event),
    store: parts.store,
    downloads: services.layers,
    states: executions,
    stop: async () => {
      background.stop();
      await Promise.all([executions.stopAll(), functions.stop()]);
      await front.close();
    },
  };
}

/** Makes the services and what they share. */
function assemble(
  options: LocalAwsOptions,
  { data, onCall }: { data: string; onCall: (record: CallRecord) => void },
) {
  const { concurrency = 8, timeouts = {}, onLog, retryIntervalMillis } = options;
  const roles = new Roles();
  const authorize = authorizeBy(roles);
  const credentials = new Credentials();
  const faults = new Faults();
  const functions = new Functions({ data, credentials, faults, concurrency, timeouts, onCall, onLog });
  const events = assembleEvents({ functions, faults, onCall, retryIntervalMillis });
  const store = new EcrStore(join(data, "ecr"));
  const layers = new LayerDownloads({ store });
  const buckets = new BucketStore(join(data, "s3"));
  const onImageAction = (action: ImageAction) => events.buses.put(imageActionEvent(action));
  const s3 = new S3Service({ buckets, authorize, emit: (event) => events.buses.put(event) });
  const executions = new Executions({
    invoke: invokeAs(authorize, functions),
    authorize: authorizeAs(authorize),
    objects: objectsAs({ s3, buckets, faults, onCall }),
    retryIntervalMillis,
  });
  const schedules = new Schedules({ executions, queues: events.queues, authorize, onCall });
  const services = {
    ecr: new EcrService({ store, authorize, downloads: layers, onImageAction }),
    lambda: new LambdaService({ functions, invocations: events.invocations, authorize }),
    layers,
    registry: new RegistryService({ store, onImageAction }),
    s3,
    secretsmanager: new SecretsService({ store: new SecretStore(join(data, "secrets")), authorize }),
    states: new StatesService({ executions, authorize }),
    events: new EventsService({ buses: events.buses, authorize }),
    sts: new StsService({ roles, credentials }),
  };
  return {
    roles,
    authorize,
    credentials,
    faults,
    functions,
    executions,
    store,
    buckets,
    services,
    schedules,
    ...events,
  };
}
