import { ECRClient } from "@aws-sdk/client-ecr";
import { parseEcrImage } from "../../core/model/reference.ts";
import type { RepositorySettings } from "../../core/model/repository-settings.ts";
import { Refusal } from "../../local/refusal.ts";
import { account, LocalEcr, listen, region } from "../local/ecr/local-ecr.ts";

export const lifecyclePolicy = JSON.stringify({
  rules: [
    {
      rulePriority: 1,
      selection: { tagStatus: "untagged", countType: "imageCountMoreThan", countNumber: 3 },
      action: { type: "expire" },
    },
  ],
});
export const repositoryPolicy = JSON.stringify({
  Version: "2012-10-17",
  Statement: { Effect: "Allow", Principal: { AWS: "333333333333" }, Action: "ecr:BatchGetImage" },
});
export const everything: RepositorySettings = {
  imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
  imageTagMutabilityExclusionFilters: ["latest", "dev-*"],
  scanOnPush: true,
  encryption: { type: "KMS", kmsKey: `arn:aws:kms:${region}:${account}:key/one` },
  lifecyclePolicy,
  repositoryPolicy,
  tags: { team: "platform", empty: "" },
};
export const { repository } = parseEcrImage(`${account}.dkr.ecr.${region}.amazonaws.com/mirror/app`);
export const key = { account, region, name: repository.name };
export const arn = `arn:aws:ecr:${region}:${account}:repository/mirror/app`;
export const unfinished = { Key: "ecr-replicator:unfinished", Value: "lifecyclePolicy repositoryPolicy" };

/** What a repository has to which nothing was set. */
export const blank = {
  createdAt: 0,
  imageTagMutability: "MUTABLE",
  imageScanningConfiguration: { scanOnPush: false },
  encryptionConfiguration: { encryptionType: "AES256" },
  tags: [],
} as const;

/** A local ECR with room for three repositories, a client of it, and the actions it was asked for. */
export interface Registry {
  readonly ecr: LocalEcr;
  readonly client: ECRClient;
  asked: string[];
  /** Called when an action is asked for, before it is done. */
  onAction: (action: string) => void;
  close(): Promise<void>;
}

export async function startRegistry(): Promise<Registry> {
  const authorize = (_caller: unknown, action: string) => {
    registry.asked.push(action);
    registry.onAction(action);
  };
  const ecr = new LocalEcr({ quotas: { repositories: 3 }, authorize });
  const server = await listen(ecr);
  const credentials = { accessKeyId: account, secretAccessKey: "any" };
  const client = new ECRClient({ region, endpoint: server.endpoint, credentials, maxAttempts: 1 });
  const close = async () => {
    client.destroy();
    await server.close();
    ecr.dispose();
  };
  const registry: Registry = { ecr, client, asked: [], onAction: () => {}, close };
  return registry;
}

/** Makes the registry refuse one action from now on. */
export function refuse(registry: Registry, refused: string, error = "AccessDeniedException"): void {
  registry.onAction = (action) => {
    if (action === refused) throw new Refusal(error, `User is not authorized to perform: ${action}`);
  };
}
