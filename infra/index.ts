export { ImageReplicator } from "./image-replicator.ts";
export type { ImageReplicatorProps } from "./image-replicator-props.ts";
export type { NewRepository } from "./new-repository.ts";
export { PushForwarding, type PushForwardingProps } from "./push-forwarding.ts";
export type {
  PruneSettings,
  ReplicationRule,
  ReplicationTrigger,
  ScheduleTrigger,
  TagFilter,
  UploadTrigger,
} from "./replication-rule.ts";
export type { ReplicatorTrust } from "./replicator-principal.ts";
export {
  DestinationRole,
  type DestinationRoleProps,
  type RepositoryRoleProps,
  SourceRole,
  type SourceRoleProps,
} from "./repository-role.ts";
