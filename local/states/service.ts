import { readJson } from "../body.ts";
import type { Authorize, Call, Caller, Identify, Reply } from "../http.ts";
import { jsonReply, Refusal } from "../refusal.ts";
import type { Execution, Executions } from "./executions.ts";
import { page } from "./page.ts";
import * as parameter from "./parameter.ts";

type Request = Readonly<Record<string, unknown>>;
type Operation = (request: Request) => object;

/** What the service works on. */
export interface StatesDependencies {
  readonly executions: Executions;
  readonly authorize: Authorize;
}

// The quota for a request to the API.
const BODY_LIMIT = 1024 * 1024;
// Each operation's request field that names its resource; none is any resource.
const RESOURCES: Record<string, string | undefined> = {
  StartExecution: "stateMachineArn",
  DescribeExecution: "executionArn",
  GetExecutionHistory: "executionArn",
  StopExecution: "executionArn",
  ListExecutions: "stateMachineArn",
  DescribeStateMachine: "stateMachineArn",
  ListStateMachines: undefined,
};

/** Step Functions over AWS JSON 1.0. */
export class StatesService {
  readonly #executions: Executions;
  readonly #authorize: Authorize;

  constructor({ executions, authorize }: StatesDependencies) {
    this.#executions = executions;
    this.#authorize = authorize;
  }

  async handle(call: Call, identify: Identify): Promise<Reply> {
    const name = (call.headers["x-amz-target"] ?? "").split(".")[1] ?? "";
    const { caller } = call;
    if (!caller) throw new Refusal("MissingAuthenticationTokenException", "Missing Authentication Token");
    if (!(name in RESOURCES))
      throw new Refusal("UnknownOperationException", `Local AWS has no operation ${name} of Step Functions`);
    const request = await readJson(call, BODY_LIMIT);
    const field = RESOURCES[name];
    const resource = field ? parameter.arn(request, field) : "*";
    await identify(name, field ? { [field]: resource } : {}, caller);
    this.#authorize(caller, `states:${name}`, resource);
    const answer = this.#operations(caller)[name]?.(request) ?? {};
    return { ...jsonReply(answer), headers: { "content-type": "application/x-amz-json-1.0" } };
  }

  #operations(caller: Caller): Record<string, Operation> {
    const executions = this.#executions;
    return {
      StartExecution: (request) => {
        const machine = executions.machine(parameter.arn(request, "stateMachineArn"));
        const execution = executions.start(machine, parameter.input(request), parameter.name(request));
        return { executionArn: execution.arn, startDate: seconds(execution.startedAt) };
      },
      DescribeExecution: (request) => describe(executions.get(parameter.arn(request, "executionArn"))),
      StopExecution: (request) => {
        const { run } = executions.get(parameter.arn(request, "executionArn"));
        run.stop({
          error: parameter.text(request, "error", 256),
          cause: parameter.text(request, "cause", 32_768),
        });
        return { stopDate: seconds(new Date()) };
      },
      GetExecutionHistory: (request) => {
        const { events } = executions.get(parameter.arn(request, "executionArn")).run.history;
        const { items, nextToken } = page(
          request["reverseOrder"] === true ? [...events].reverse() : events,
          request,
        );
        return { events: items, nextToken };
      },
      ListExecutions: (request) => {
        const { arn } = executions.machine(parameter.arn(request, "stateMachineArn"));
        const wanted = request["statusFilter"];
        const all = executions.of(arn).map(summary);
        const { items, nextToken } = page(
          wanted ? all.filter(({ status }) => status === wanted) : all,
          request,
        );
        return { executions: items, nextToken };
      },
      DescribeStateMachine: (request) =>
        describeMachine(executions.machine(parameter.arn(request, "stateMachineArn"))),
      ListStateMachines: (request) => {
        const own = executions
          .machines()
          .filter(({ account, region }) => account === caller.account && region === caller.region);
        const all = own.map(({ arn, name, createdAt }) => ({
          stateMachineArn: arn,
          name,
          type: "STANDARD",
          creationDate: seconds(createdAt),
        }));
        const { items, nextToken } = page(all, request);
        return { stateMachines: items, nextToken };
      },
    };
  }
}

function summary({ arn, name, machine, startedAt, stoppedAt, ending }: Execution) {
  const stopDate = stoppedAt && seconds(stoppedAt);
  const status = ending?.status ?? "RUNNING";
  return {
    executionArn: arn,
    stateMachineArn: machine.arn,
    name,
    status,
    startDate: seconds(startedAt),
    stopDate,
  };
}

function describe(execution: Execution): object {
  const { status, ...outcome } = execution.ending ?? { status: "RUNNING" };
  const included = { included: true };
  return {
    ...summary(execution),
    input: execution.input,
    inputDetails: included,
    ...outcome,
    ...(status === "SUCCEEDED" && { outputDetails: included }),
    redriveCount: 0,
    redriveStatus: "NOT_REDRIVABLE",
  };
}

function describeMachine(machine: ReturnType<Executions["machine"]>): object {
  const { arn, name, definition, role, createdAt } = machine;
  return {
    stateMachineArn: arn,
    name,
    status: "ACTIVE",
    definition,
    roleArn: role.arn,
    type: "STANDARD",
    creationDate: seconds(createdAt),
    loggingConfiguration: { level: "OFF", includeExecutionData: false },
    tracingConfiguration: { enabled: false },
  };
}

function seconds(date: Date): number {
  return date.getTime() / 1000;
}
