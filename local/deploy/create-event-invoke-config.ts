import type { Authorize } from "../http.ts";
import type { AsynchronousConfig } from "../lambda/asynchronous-invocations.ts";
import type { FunctionDefinition } from "../lambda/definition.ts";
import { fieldsOf } from "./refuse-unknown.ts";
import type { NamedResource } from "./resource-type.ts";
import { wholeNumber } from "./whole-number.ts";

/** How a function's asynchronous events are treated; throws an Error when its role may not send to the queue for failures. */
export function eventInvokeConfigOf(
  { stack, logicalId, properties }: NamedResource,
  {
    target,
    hasQueue,
    authorize,
  }: {
    target: FunctionDefinition;
    hasQueue: (arn: string) => boolean;
    authorize: Authorize;
  },
): Partial<AsynchronousConfig> {
  const where = `${stack.name}/${logicalId}`;
  const { Qualifier, MaximumRetryAttempts, MaximumEventAgeInSeconds, DestinationConfig } = properties;
  if (Qualifier !== "$LATEST")
    throw new Error(`${where}: Qualifier is ${Qualifier}; $LATEST would be accepted`);
  const onFailure = destinationOf(DestinationConfig, where);
  if (onFailure && !hasQueue(onFailure)) throw new Error(`${where}: queue ${onFailure} does not exist`);
  if (onFailure) checkSend(target, onFailure, { authorize, where });
  return {
    onFailure,
    ...(MaximumRetryAttempts !== undefined && {
      maxRetryAttempts: wholeNumber(
        MaximumRetryAttempts,
        { least: 0, most: 2 },
        `${where}: MaximumRetryAttempts`,
      ),
    }),
    ...(MaximumEventAgeInSeconds !== undefined && {
      maxEventAgeSeconds: wholeNumber(
        MaximumEventAgeInSeconds,
        { least: 60, most: 21_600 },
        `${where}: MaximumEventAgeInSeconds`,
      ),
    }),
  };
}

function destinationOf(config: unknown, where: string): string | undefined {
  const path = `${where}: DestinationConfig`;
  const { OnFailure } = fieldsOf(config, ["OnFailure"], path);
  const { Destination } = fieldsOf(OnFailure, ["Destination"], `${path}.OnFailure`);
  return Destination === undefined ? undefined : String(Destination);
}

function checkSend(
  { account, region, role, name }: FunctionDefinition,
  queueArn: string,
  { authorize, where }: { authorize: Authorize; where: string },
): void {
  const arn = `arn:aws:sts::${account}:assumed-role/${role.name}/${name}`;
  try {
    authorize({ account, region, arn }, "sqs:SendMessage", queueArn);
  } catch (error) {
    const text = `The function's execution role does not have permissions to call SendMessage on ${queueArn}`;
    throw new Error(`${where}: ${text} (${(error as Error).message})`);
  }
}
