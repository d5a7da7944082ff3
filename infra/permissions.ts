/** The steps of the pipeline that run as functions. */
export type StepName = "plan" | "copy-layer" | "put-manifests" | "report";

/** The ECR actions one step calls on each side. Source: the operations of the ECR API, 2015-09-21. */
export interface StepActions {
  readonly source: readonly string[];
  readonly destination: readonly string[];
}

/** What each step may do with its own role in the repositories it was given. */
export const stepActions: Readonly<Record<StepName, StepActions>> = {
  plan: {
    source: ["ecr:BatchGetImage"],
    destination: ["ecr:BatchGetImage", "ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload"],
  },
  "copy-layer": {
    source: ["ecr:GetDownloadUrlForLayer"],
    destination: [
      "ecr:UploadLayerPart",
      "ecr:CompleteLayerUpload",
      "ecr:InitiateLayerUpload",
      "ecr:BatchCheckLayerAvailability",
    ],
  },
  "put-manifests": {
    source: ["ecr:BatchGetImage"],
    destination: ["ecr:BatchGetImage", "ecr:PutImage"],
  },
  report: { source: [], destination: ["ecr:BatchCheckLayerAvailability"] },
};

/** What the role in the source account may do, for all steps together. */
export const sourceRoleActions: readonly string[] = [
  "ecr:GetDownloadUrlForLayer",
  "ecr:BatchGetImage",
  "ecr:BatchCheckLayerAvailability",
];

/**
 * What the role in the source account may do with image archives in a bucket. Without `s3:ListBucket`, S3 answers
 * that a missing key is forbidden (Amazon S3 API Reference, GetObject).
 */
export const sourceBucketActions: {
  readonly objects: readonly string[];
  readonly bucket: readonly string[];
} = {
  objects: ["s3:GetObject"],
  bucket: ["s3:ListBucket"],
};

/** What the role in the destination account may do, for all steps together. */
export const destinationRoleActions: readonly string[] = [
  "ecr:PutImage",
  "ecr:InitiateLayerUpload",
  "ecr:UploadLayerPart",
  "ecr:CompleteLayerUpload",
  "ecr:BatchCheckLayerAvailability",
  "ecr:BatchGetImage",
];
