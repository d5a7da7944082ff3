/** The steps of the pipeline that run as functions. */
export type StepName = ImageStepName | RunStepName;

/** The steps of one image. */
export type ImageStepName = "plan" | "untar" | "copy-layer" | "put-manifests" | "report";

/** The steps of a run, which is of many images. */
export type RunStepName = "list-images" | "tally-images" | "prune-images" | "finish-images";

/** The actions one step calls. Source: the operations of the ECR API, 2015-09-21, and of the S3 API, 2006-03-01. */
export interface StepActions {
  /** On source repositories. */
  readonly source: readonly string[];
  /** On image archives in source buckets. */
  readonly archives: readonly string[];
  /** On inflated archives in the work bucket. */
  readonly inflated: readonly string[];
  /** On destination repositories. */
  readonly destination: readonly string[];
  /** On those destination repositories that rules prune. */
  readonly pruned?: readonly string[];
  /** On the lists and results of runs in the work bucket. */
  readonly runs?: readonly string[];
  /** On the account's event bus. */
  readonly events?: readonly string[];
  /** On all repositories of a side's registries. */
  readonly registries?: readonly string[];
}

const getObject = ["s3:GetObject"];
const putEvents = ["events:PutEvents"];

/** What comparing the repositories of a rule takes on each side, beside `registryActions`. */
export const listingActions: Readonly<Record<"source" | "destination", readonly string[]>> = {
  source: ["ecr:ListImages", "ecr:DescribeImages"],
  destination: ["ecr:ListImages"],
};

/**
 * What finding the repositories of a rule takes on either side: on `repository/*`, whichever of them are meant, since the
 * list is of all (Service Authorization Reference, Amazon ECR).
 */
export const registryActions: readonly string[] = ["ecr:DescribeRepositories"];

/** What pruning takes at the destination. */
export const deletingActions: readonly string[] = ["ecr:BatchDeleteImage"];

/** What each step may do: with the roles it assumes, or with its own in the repositories and buckets it was given. */
export const stepActions: Readonly<Record<StepName, StepActions>> = {
  plan: {
    source: ["ecr:BatchGetImage"],
    archives: getObject,
    inflated: getObject,
    destination: [
      "ecr:BatchGetImage",
      "ecr:BatchCheckLayerAvailability",
      "ecr:InitiateLayerUpload",
      "ecr:DescribeImages",
      "ecr:GetDownloadUrlForLayer",
    ],
  },
  untar: {
    source: [],
    archives: getObject,
    inflated: [...getObject, "s3:PutObject", "s3:AbortMultipartUpload"],
    destination: [],
  },
  "copy-layer": {
    source: ["ecr:GetDownloadUrlForLayer"],
    archives: getObject,
    inflated: getObject,
    destination: [
      "ecr:UploadLayerPart",
      "ecr:CompleteLayerUpload",
      "ecr:InitiateLayerUpload",
      "ecr:BatchCheckLayerAvailability",
    ],
  },
  "put-manifests": {
    source: ["ecr:BatchGetImage"],
    archives: getObject,
    inflated: getObject,
    destination: ["ecr:BatchGetImage", "ecr:PutImage"],
  },
  report: {
    source: [],
    archives: [],
    inflated: [],
    destination: ["ecr:BatchCheckLayerAvailability"],
    events: putEvents,
  },
  "list-images": {
    // With platforms, the index of each image is read.
    source: [...listingActions.source, "ecr:BatchGetImage"],
    archives: [],
    inflated: [],
    destination: listingActions.destination,
    registries: registryActions,
    runs: ["s3:PutObject", "s3:AbortMultipartUpload"],
  },
  "tally-images": { source: [], archives: [], inflated: [], destination: [], runs: getObject },
  "prune-images": {
    // The source is asked once more whether it has what is to be deleted.
    source: ["ecr:BatchGetImage"],
    archives: [],
    inflated: [],
    destination: ["ecr:DescribeImages"],
    pruned: deletingActions,
    runs: getObject,
  },
  "finish-images": {
    source: [],
    archives: [],
    inflated: [],
    destination: [],
    runs: [...getObject, "s3:PutObject"],
    events: putEvents,
  },
};

/** What creating repositories takes besides. Only `plan` does it. */
export const creatingActions: Readonly<Record<"source" | "destination", readonly string[]>> = {
  // For the settings of a repository that the new one is to be like.
  source: [
    "ecr:DescribeRepositories",
    "ecr:GetLifecyclePolicy",
    "ecr:GetRepositoryPolicy",
    "ecr:ListTagsForResource",
  ],
  destination: [
    "ecr:DescribeRepositories",
    "ecr:CreateRepository",
    "ecr:TagResource",
    "ecr:UntagResource",
    "ecr:ListTagsForResource",
    "ecr:PutLifecyclePolicy",
    "ecr:GetLifecyclePolicy",
    "ecr:SetRepositoryPolicy",
    "ecr:GetRepositoryPolicy",
  ],
};

/** What the role in the source account may do, for all steps together. */
export const sourceRoleActions: readonly string[] = [
  "ecr:GetDownloadUrlForLayer",
  "ecr:BatchGetImage",
  "ecr:BatchCheckLayerAvailability",
];

/**
 * What goes with reading the objects of a bucket. Without it, S3 answers that a missing key is forbidden
 * (Amazon S3 API Reference, GetObject).
 */
export const bucketActions: readonly string[] = ["s3:ListBucket"];

/** What the role in the source account may do with image archives in a bucket. */
export const archiveActions: readonly string[] = getObject;

/** What the role in the destination account may do, for all steps together. */
export const destinationRoleActions: readonly string[] = [
  "ecr:PutImage",
  "ecr:InitiateLayerUpload",
  "ecr:UploadLayerPart",
  "ecr:CompleteLayerUpload",
  "ecr:BatchCheckLayerAvailability",
  "ecr:BatchGetImage",
  "ecr:DescribeImages",
  "ecr:GetDownloadUrlForLayer",
];
