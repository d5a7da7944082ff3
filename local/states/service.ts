import { readJson } from "../body.ts";
import type { Authorize, Call, Caller, Identify, Reply } from "../http.ts";
import { jsonReply, Refusal } from "../refusal.ts";
import {
  describeExecution,
  describeMachine,
  describeMapRun,
  seconds,
  summary,
  summaryOfMachine,
  summaryOfMapRun,
} from "./description.ts";
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
  RedriveExecution: "executionArn",
  ListMapRuns: "executionArn",
  DescribeMapRun: "mapRunArn",
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
    const field =
      name === "ListExecutions" && request["mapRunArn"] !== undefined ? "mapRunArn" : RESOURCES[name];
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
      DescribeExecution: (request) =>
        describeExecution(executions.get(parameter.arn(request, "executionArn"))),
      RedriveExecution: (request) => {
        const execution = executions.get(parameter.arn(request, "executionArn"));
        return { redriveDate: seconds(redrive(executions, execution, clientToken(request))) };
      },
      StopExecution: (request) => {
        const { run } = executions.get(parameter.arn(request, "executionArn"));
        run.stop({
          error: parameter.text(request, "error", 256),
          cause: parameter.text(request, "cause", 32_768),
        });
        return { stopDate: seconds(new Date()) };
      },
      GetExecutionHistory: (request) => {
        const { arn, run } = executions.get(parameter.arn(request, "executionArn"));
        const { events, dropped } = run.history;
        if (dropped)
          throw new Refusal(
            "ExecutionDoesNotExist",
            `Local AWS keeps no history of so many children: '${arn}'`,
          );
        const { items, nextToken } = page(
          request["reverseOrder"] === true ? [...events].reverse() : events,
          request,
        );
        return { events: items, nextToken };
      },
      ListExecutions: (request) => {
        const { items, nextToken } = page(listExecutions(executions, request), request);
        return { executions: items, nextToken };
      },
      ListMapRuns: (request) => {
        const { arn } = executions.get(parameter.arn(request, "executionArn"));
        const { items, nextToken } = page(executions.mapRunsOf(arn).map(summaryOfMapRun), request);
        return { mapRuns: items, nextToken };
      },
      DescribeMapRun: (request) => describeMapRun(executions.mapRun(parameter.arn(request, "mapRunArn"))),
      DescribeStateMachine: (request) =>
        describeMachine(executions.machine(parameter.arn(request, "stateMachineArn"))),
      ListStateMachines: (request) => {
        const own = executions
          .machines()
          .filter(({ account, region }) => account === caller.account && region === caller.region);
        const { items, nextToken } = page(own.map(summaryOfMachine), request);
        return { stateMachines: items, nextToken };
      },
    };
  }
}

const STATUSES = ["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"];

function listExecutions(executions: Executions, request: Request): object[] {
  const wanted = parameter.oneOf(request, "statusFilter", STATUSES);
  const { stateMachineArn, mapRunArn } = request;
  if ((stateMachineArn === undefined) === (mapRunArn === undefined))
    throw new Refusal("ValidationException", "Exactly one of stateMachineArn and mapRunArn must be given");
  if (stateMachineArn !== undefined && wanted === "PENDING_REDRIVE")
    throw new Refusal("ValidationException", "statusFilter PENDING_REDRIVE needs a mapRunArn");
  const all =
    mapRunArn === undefined
      ? executions.of(executions.machine(parameter.arn(request, "stateMachineArn")).arn)
      : [...executions.mapRun(parameter.arn(request, "mapRunArn")).children].reverse();
  return all.map(summary).filter(({ status }) => wanted === undefined || status === wanted);
}

function clientToken(request: Request): string | undefined {
  const token = parameter.text(request, "clientToken", 64);
  if (token !== "") return token;
  throw new Refusal("ValidationException", "Value '' at 'clientToken' must have at least 1 character");
}

/** Redrives, unless a call with the same token did, and tells when. */
function redrive(executions: Executions, execution: Execution, token: string | undefined): Date {
  const { redriveToken, redrivenAt, mapRun } = execution;
  if (token !== undefined && redrivenAt && redriveToken === token) return redrivenAt;
  if (mapRun)
    throw new Refusal("ExecutionNotRedrivable", "A child of a Map Run is redriven by its parent execution");
  executions.redrive(execution);
  execution.redriveToken = token;
  return execution.redrivenAt ?? new Date();
}
