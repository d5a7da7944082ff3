import type { LocalAws } from "./aws.ts";

/** What `npm run local` prints once it is ready: the endpoint, what is deployed, and commands to paste. */
export function banner({ endpoint, data, stacks, roles, states }: LocalAws): string {
  const machines = states.machines();
  const lines = [
    `Local AWS is ready at ${endpoint} (data in ${data}; Ctrl-C ends it).`,
    "",
    "Stacks",
    ...stacks.flatMap(({ name, account, region, outputs }) => [
      `  ${name} in ${account}, ${region}`,
      ...Object.entries(outputs).map(([key, value]) => `    ${key} = ${value}`),
    ]),
    ...section(
      "State machines",
      machines.map(({ arn }) => arn),
    ),
    ...section(
      "Roles",
      roles.all().map(({ arn }) => arn),
    ),
    "",
    "An access key id of twelve digits is the administrator of that account; any secret will do:",
    "",
    `  export AWS_ENDPOINT_URL=${endpoint} AWS_ACCESS_KEY_ID=${machines[0]?.account ?? "111111111111"} AWS_SECRET_ACCESS_KEY=local`,
    `  export AWS_REGION=${machines[0]?.region ?? "eu-central-1"} AWS_DEFAULT_REGION=${machines[0]?.region ?? "eu-central-1"}`,
    "  aws sts get-caller-identity",
    "  AWS_ACCESS_KEY_ID=111111111111 aws ecr create-repository --repository-name example",
    ...machines.map(
      ({ arn }) => `  aws stepfunctions start-execution --state-machine-arn ${arn} --input '{…}'`,
    ),
    `  curl -X POST ${endpoint}/_local/faults -d '{"service":"ecr","operation":"PutImage","fault":"throttle"}'`,
  ];
  return `${lines.join("\n")}\n\n`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];
}
