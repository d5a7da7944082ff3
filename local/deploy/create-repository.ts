import type { Call, Reply, Service } from "../http.ts";
import type { NamedResource } from "./resource-type.ts";

/** What creates repositories through the ECR API of a local AWS. */
export function repositoryMaker(ecr: Service): (repository: NamedResource) => Promise<void> {
  return (repository) => createRepository(repository, ecr);
}

/** Creates a repository through the ECR API as the account's administrator, unless it is there from an earlier run. */
async function createRepository(
  { name, stack, properties, logicalId }: NamedResource,
  ecr: Service,
): Promise<void> {
  const { account, region } = stack;
  const request = {
    repositoryName: name,
    imageTagMutability: properties["ImageTagMutability"],
    imageTagMutabilityExclusionFilters: lowerCaseFields(properties["ImageTagMutabilityExclusionFilters"]),
    imageScanningConfiguration: lowerCaseFields(properties["ImageScanningConfiguration"]),
    tags: properties["Tags"],
  };
  const call: Call = {
    method: "POST",
    path: "/",
    query: new URLSearchParams(),
    headers: { "x-amz-target": "AmazonEC2ContainerRegistry_V20150921.CreateRepository" },
    body: (async function* () {
      yield Buffer.from(JSON.stringify(request));
    })(),
    caller: { account, region, arn: `arn:aws:iam::${account}:root` },
    endpoint: "",
  };
  const reply: Reply = await ecr.handle(call, () => {});
  if (reply.status === 200 || reply.error === "RepositoryAlreadyExistsException") return;
  throw new Error(`${stack.name}/${logicalId}: ${reply.body}`);
}

/** CloudFormation's property names begin with a capital where the API's fields do not. */
function lowerCaseFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerCaseFields);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      key.charAt(0).toLowerCase() + key.slice(1),
      lowerCaseFields(entry),
    ]),
  );
}
