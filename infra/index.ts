export { ImageReplicator, type ImageReplicatorProps } from "./image-replicator.ts";
export type { NewRepository } from "./new-repository.ts";
export type { ReplicationRule, ReplicationTrigger, UploadTrigger } from "./replication-rule.ts";
export type { ReplicatorTrust } from "./replicator-principal.ts";
export {
  DestinationRole,
  type RepositoryRoleProps,
  SourceRole,
  type SourceRoleProps,
} from "./repository-role.ts";
