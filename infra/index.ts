export { ImageReplicator, type ImageReplicatorProps } from "./image-replicator.ts";
export type { ReplicatorTrust } from "./replicator-principal.ts";
export {
  DestinationRole,
  type RepositoryRoleProps,
  SourceRole,
  type SourceRoleProps,
} from "./repository-role.ts";
