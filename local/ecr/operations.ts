import type { Operation } from "./operation.ts";
import { batchDeleteImage } from "./operations/batch-delete-image.ts";
import { batchGetImage } from "./operations/batch-get-image.ts";
import { createRepository } from "./operations/create-repository.ts";
import { deleteRepository } from "./operations/delete-repository.ts";
import { describeImages } from "./operations/describe-images.ts";
import { describeRepositories } from "./operations/describe-repositories.ts";
import { getAuthorizationToken } from "./operations/get-authorization-token.ts";
import { getLifecyclePolicy, putLifecyclePolicy } from "./operations/lifecycle-policy.ts";
import { listImageReferrers } from "./operations/list-image-referrers.ts";
import { listImages } from "./operations/list-images.ts";
import { putImage } from "./operations/put-image.ts";
import { putImageTagMutability } from "./operations/put-image-tag-mutability.ts";
import { batchCheckLayerAvailability, getDownloadUrlForLayer } from "./operations/read-layer.ts";
import { getRepositoryPolicy, setRepositoryPolicy } from "./operations/repository-policy.ts";
import { listTagsForResource, tagResource, untagResource } from "./operations/tags.ts";
import { completeLayerUpload, initiateLayerUpload, uploadLayerPart } from "./operations/upload-layer.ts";

/** Every operation that is served, by its name in `X-Amz-Target`. */
export const operations: ReadonlyMap<string, Operation> = new Map(
  Object.entries({
    BatchCheckLayerAvailability: batchCheckLayerAvailability,
    BatchDeleteImage: batchDeleteImage,
    BatchGetImage: batchGetImage,
    CompleteLayerUpload: completeLayerUpload,
    CreateRepository: createRepository,
    DeleteRepository: deleteRepository,
    DescribeImages: describeImages,
    DescribeRepositories: describeRepositories,
    GetAuthorizationToken: getAuthorizationToken,
    GetDownloadUrlForLayer: getDownloadUrlForLayer,
    GetLifecyclePolicy: getLifecyclePolicy,
    GetRepositoryPolicy: getRepositoryPolicy,
    InitiateLayerUpload: initiateLayerUpload,
    ListImageReferrers: listImageReferrers,
    ListImages: listImages,
    ListTagsForResource: listTagsForResource,
    PutImage: putImage,
    PutImageTagMutability: putImageTagMutability,
    PutLifecyclePolicy: putLifecyclePolicy,
    SetRepositoryPolicy: setRepositoryPolicy,
    TagResource: tagResource,
    UntagResource: untagResource,
    UploadLayerPart: uploadLayerPart,
  }),
);
