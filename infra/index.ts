export { ImageReplicator, type ImageReplicatorProps } from "./image-replicator.ts";
export type { ReplicatorTrust } from "./replicator-principal.ts";
export { DestinationRole, type RepositoryRoleProps, SourceRole } from "./repository-role.ts";
