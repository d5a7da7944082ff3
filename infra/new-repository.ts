/** The settings of a repository that is created; each that is left out is as ECR has it by default. */
export interface NewRepository {
  /**
   * Which tags may be moved to another image.
   * @default "MUTABLE"
   */
  readonly imageTagMutability?:
    | "MUTABLE"
    | "IMMUTABLE"
    | "MUTABLE_WITH_EXCLUSION"
    | "IMMUTABLE_WITH_EXCLUSION";
  /**
   * The tags that the two modes `WITH_EXCLUSION` exclude, up to five; `*` stands for any characters.
   * @default - none
   */
  readonly imageTagMutabilityExclusionFilters?: (
    | string
    | { readonly filterType: "WILDCARD"; readonly filter: string }
  )[];
  /**
   * Whether images are scanned when they are pushed.
   * @default - as the registry has it
   */
  readonly scanOnPush?: boolean;
  /**
   * How images are encrypted. It cannot be changed later.
   * @default - AES256
   */
  readonly encryption?: {
    /** `KMS_DSSE` exists in the GovCloud Regions only. */
    readonly type: "AES256" | "KMS" | "KMS_DSSE";
    /**
     * The ARN, id or alias of a key in the repository's Region.
     * @default - the key that AWS manages for ECR
     */
    readonly kmsKey?: string;
  };
  /**
   * A lifecycle policy, as an object or as its JSON text of 100 to 30,720 characters.
   * @default - none
   */
  readonly lifecyclePolicy?: string | Record<string, unknown>;
  /**
   * A repository policy, as an object or as its JSON text of up to 10,240 characters.
   * @default - none
   */
  readonly repositoryPolicy?: string | Record<string, unknown>;
  /**
   * The repository's tags, 50 at most, and 49 along with a policy.
   * @default - none
   */
  readonly tags?: Record<string, string>;
}
