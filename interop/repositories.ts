import {
  CreateRepositoryCommand,
  ECRClient,
  paginateDescribeRepositories,
  paginateListImages,
} from "@aws-sdk/client-ecr";
import type { LocalAws } from "../local/aws.ts";
import { region } from "./account.ts";

/** Creates a repository in the registry of an account: where clients of the local registry push to. */
export async function createRepository(aws: LocalAws, account: string, name: string): Promise<string> {
  await clientOf(aws, account).send(new CreateRepositoryCommand({ repositoryName: name }));
  return `${aws.endpoint}/v2/${account}/${region}/${name}`;
}

/** Every image of an account's repositories of this name or below it, by repository, tag and digest, and those without any. */
export async function imagesBelow(aws: LocalAws, account: string, name: string): Promise<string[]> {
  const client = clientOf(aws, account);
  const lines: string[] = [];
  for await (const { repositories = [] } of paginateDescribeRepositories({ client }, {})) {
    for (const { repositoryName = "" } of repositories) {
      if (`${repositoryName}/`.startsWith(`${name}/`))
        lines.push(...(await imagesIn(client, repositoryName)));
    }
  }
  return lines;
}

async function imagesIn(client: ECRClient, repositoryName: string): Promise<string[]> {
  const lines = [repositoryName];
  for await (const { imageIds = [] } of paginateListImages({ client }, { repositoryName })) {
    for (const { imageTag = "", imageDigest } of imageIds)
      lines.push(`${repositoryName}:${imageTag}@${imageDigest}`);
  }
  return lines;
}

function clientOf({ endpoint }: LocalAws, account: string): ECRClient {
  return new ECRClient({ endpoint, region, credentials: { accessKeyId: account, secretAccessKey: "any" } });
}
