"""Every ECR operation that local AWS offers, called rightly and wrongly."""

import hashlib
import json
import uuid

REPOSITORY = "interop/replies"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
ABSENT = "sha256:" + "0" * 64
HERE = {"repositoryName": REPOSITORY}
ELSEWHERE = {"repositoryName": "interop/nowhere"}


def call_ecr(caller):
    """Calls all of it; what is wrong goes to the caller's problems."""
    call = lambda operation, **params: caller.ok("ecr", operation, **params)
    refused = lambda error, operation, **params: caller.refused(error, "ecr", operation, **params)
    repositories(caller, call, refused)
    layer, config = b"a layer" * 1000, b"{}"
    policies(caller, call, refused)
    tags(caller, call, refused)
    layers(caller, call, refused, layer)
    upload(call, config)
    images(caller, call, refused, {"layer": layer, "config": config})
    deletions(caller, call, refused)
    missing = [name for name in caller.model("ecr").operation_names if ("ecr", name) not in caller.operations and caller.offers("ecr", name)]
    if missing:
        caller.problems.append(f"ecr {missing}: offered, but not called here")


def repositories(caller, call, refused):
    filters = [{"filterType": "WILDCARD", "filter": "dev-*"}]
    request = {
        **HERE,
        "tags": [{"Key": "team", "Value": "images"}],
        "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
        "imageTagMutabilityExclusionFilters": filters,
        "imageScanningConfiguration": {"scanOnPush": True},
        "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": "alias/images"},
    }
    caller.strict("ecr", "CreateRepository", **request)
    call("CreateRepository", **request)
    refused("RepositoryAlreadyExistsException", "CreateRepository", **request)
    refused("TooManyTagsException", "CreateRepository", **ELSEWHERE, tags=[{"Key": f"k{n}", "Value": ""} for n in range(51)])
    refused("InvalidTagParameterException", "CreateRepository", **ELSEWHERE, tags=[{"Key": "k" * 129, "Value": ""}])
    call("DescribeRepositories", repositoryNames=[REPOSITORY])
    call("DescribeRepositories", registryId=caller.account, maxResults=1)
    refused("RepositoryNotFoundException", "DescribeRepositories", repositoryNames=["interop/nowhere"])
    caller.strict("ecr", "DescribeRepositories", registryId=caller.account, repositoryNames=[REPOSITORY])
    caller.strict("ecr", "DescribeRepositories", maxResults=1)
    mutability = {**HERE, "imageTagMutability": "MUTABLE_WITH_EXCLUSION", "imageTagMutabilityExclusionFilters": filters}
    call("PutImageTagMutability", **mutability)
    caller.strict("ecr", "PutImageTagMutability", registryId=caller.account, **mutability)
    call("PutImageTagMutability", **HERE, imageTagMutability="MUTABLE")
    refused("RepositoryNotFoundException", "PutImageTagMutability", **ELSEWHERE, imageTagMutability="MUTABLE")
    call("GetAuthorizationToken")
    call("GetAuthorizationToken", registryIds=["111111111111", "222222222222"])
    caller.strict("ecr", "GetAuthorizationToken", registryIds=["111111111111"])


def policies(caller, call, refused):
    rule = {
        "rulePriority": 1,
        "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 3},
        "action": {"type": "expire"},
    }
    lifecycle = json.dumps({"rules": [rule]})
    statement = {"Effect": "Allow", "Principal": {"AWS": "333333333333"}, "Action": "ecr:BatchGetImage"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    here = {**HERE, "registryId": caller.account}
    for noun, put, text, absent in (
        ("LifecyclePolicy", "PutLifecyclePolicy", {"lifecyclePolicyText": lifecycle}, "LifecyclePolicyNotFoundException"),
        ("RepositoryPolicy", "SetRepositoryPolicy", {"policyText": policy}, "RepositoryPolicyNotFoundException"),
    ):
        refused(absent, f"Get{noun}", **HERE)
        refused("RepositoryNotFoundException", f"Get{noun}", **ELSEWHERE)
        refused("RepositoryNotFoundException", put, **ELSEWHERE, **text)
        refused("InvalidParameterException", put, **HERE, **{name: "x" * 200 for name in text})
        caller.strict("ecr", put, **here, **text)
        caller.strict("ecr", f"Get{noun}", **here)
        call(put, **here, **text)
        call(f"Get{noun}", **here)


def tags(caller, call, refused):
    arn = {"resourceArn": f"arn:aws:ecr:{caller.region}:{caller.account}:repository/{REPOSITORY}"}
    nowhere = {"resourceArn": arn["resourceArn"].replace(REPOSITORY, "interop/nowhere")}
    team = [{"Key": "team", "Value": "platform"}]
    for operation, params in (
        ("TagResource", {"tags": team}),
        ("ListTagsForResource", {}),
        ("UntagResource", {"tagKeys": ["team"]}),
    ):
        refused("RepositoryNotFoundException", operation, **nowhere, **params)
        caller.strict("ecr", operation, **arn, **params)
        call(operation, **arn, **params)
    refused("TooManyTagsException", "TagResource", **arn, tags=[{"Key": f"k{n}", "Value": ""} for n in range(51)])
    refused("InvalidTagParameterException", "TagResource", **arn, tags=[{"Key": "k" * 129, "Value": ""}])


def layers(caller, call, refused, layer):
    digest = digest_of(layer)
    here = {**HERE, "registryId": caller.account}
    closing = {**here, "layerDigests": [digest]}
    caller.strict("ecr", "InitiateLayerUpload", **here)
    refused("RepositoryNotFoundException", "InitiateLayerUpload", **ELSEWHERE)
    opened = {**here, "uploadId": call("InitiateLayerUpload", **here)["uploadId"]}
    part = {**opened, "partFirstByte": 0, "partLastByte": len(layer) - 1, "layerPartBlob": layer}
    refused("EmptyUploadException", "CompleteLayerUpload", **opened, layerDigests=[digest])
    caller.strict("ecr", "UploadLayerPart", **part)
    caller.strict("ecr", "CompleteLayerUpload", **opened, layerDigests=[digest])
    refused("InvalidLayerPartException", "UploadLayerPart", **{**part, "partLastByte": 7})
    refused("UploadNotFoundException", "UploadLayerPart", **{**part, "uploadId": str(uuid.uuid4())})
    call("UploadLayerPart", **part)
    refused("InvalidLayerPartException", "UploadLayerPart", **part)
    refused("InvalidLayerException", "CompleteLayerUpload", **opened, layerDigests=[ABSENT])
    call("CompleteLayerUpload", **opened, layerDigests=[digest])
    refused("UploadNotFoundException", "CompleteLayerUpload", **opened, layerDigests=[digest])
    again = call("InitiateLayerUpload", **HERE)["uploadId"]
    call("UploadLayerPart", **{**part, "uploadId": again})
    refused("LayerAlreadyExistsException", "CompleteLayerUpload", **{**closing, "uploadId": again})
    small = call("InitiateLayerUpload", **HERE)["uploadId"]
    for first in (0, 2):
        call("UploadLayerPart", **HERE, uploadId=small, partFirstByte=first, partLastByte=first + 1, layerPartBlob=b"ab")
    refused("LayerPartTooSmallException", "CompleteLayerUpload", **HERE, uploadId=small, layerDigests=[digest])
    call("BatchCheckLayerAvailability", **HERE, layerDigests=[digest, ABSENT, "not a digest", ""])
    caller.strict("ecr", "BatchCheckLayerAvailability", **closing)
    refused("RepositoryNotFoundException", "BatchCheckLayerAvailability", **ELSEWHERE, layerDigests=[digest])
    refused("LayerInaccessibleException", "GetDownloadUrlForLayer", **HERE, layerDigest=digest)
    refused("LayersNotFoundException", "GetDownloadUrlForLayer", **HERE, layerDigest=ABSENT)
    caller.strict("ecr", "GetDownloadUrlForLayer", **here, layerDigest=digest)


def images(caller, call, refused, blobs):
    image = manifest(blobs)
    put = {**HERE, "registryId": caller.account, "imageManifest": image, "imageManifestMediaType": MANIFEST, "imageTag": "v1", "imageDigest": digest_of(image)}
    caller.strict("ecr", "PutImage", **put)
    refused("LayersNotFoundException", "PutImage", **HERE, imageManifest=manifest({**blobs, "layer": b"absent"}), imageManifestMediaType=MANIFEST)
    refused("ImageDigestDoesNotMatchException", "PutImage", **{**put, "imageDigest": ABSENT})
    refused("InvalidParameterException", "PutImage", **{**put, "imageManifest": "{"})
    refused("InvalidParameterException", "PutImage", **HERE, imageManifest=image)
    call("PutImage", **put)
    refused("ImageAlreadyExistsException", "PutImage", **put)
    call("PutImage", **{**put, "imageTag": "v2"})
    call("GetDownloadUrlForLayer", **HERE, layerDigest=digest_of(blobs["layer"]))
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [described(MANIFEST, image)]})
    absent = index.replace(digest_of(image), ABSENT)
    refused("ReferencedImagesNotFoundException", "PutImage", **HERE, imageManifest=absent)
    call("PutImage", **HERE, imageManifest=index)
    signature = manifest(blobs, subject=described(MANIFEST, image), artifactType="application/x.signature", annotations={"by": "interop"})
    call("PutImage", **HERE, imageManifest=signature, imageManifestMediaType=MANIFEST)
    subject = {**HERE, "subjectId": {"imageDigest": digest_of(image)}}
    found = call("ListImageReferrers", **subject, filter={"artifactTypes": ["application/x.signature"], "artifactStatus": "ANY"})
    if [one["digest"] for one in found.get("referrers", [])] != [digest_of(signature)]:
        caller.problems.append(f"ecr ListImageReferrers: found {found.get('referrers')}")
    call("ListImageReferrers", **HERE, subjectId={"imageDigest": ABSENT})
    caller.strict("ecr", "ListImageReferrers", **subject, filter={"artifactTypes": ["a"], "artifactStatus": "ANY"}, maxResults=1)
    reads(caller, call, refused)
    call("PutImageTagMutability", **HERE, imageTagMutability="IMMUTABLE")
    refused("ImageTagAlreadyExistsException", "PutImage", **HERE, imageManifest=index, imageTag="v1")


def reads(caller, call, refused):
    ids = {"imageIds": [{"imageTag": "v1"}]}
    every = [{"imageTag": "v1"}, {"imageTag": "v9"}, {"imageDigest": ABSENT}, {"imageDigest": "no digest"}, {}, {"imageTag": "v1", "imageDigest": ABSENT}]
    call("BatchGetImage", **HERE, imageIds=every, acceptedMediaTypes=[MANIFEST, INDEX])
    call("BatchGetImage", **HERE, **ids, acceptedMediaTypes=[INDEX])
    caller.strict("ecr", "BatchGetImage", **HERE, registryId=caller.account, **ids, acceptedMediaTypes=[MANIFEST])
    refused("RepositoryNotFoundException", "BatchGetImage", **ELSEWHERE, **ids)
    page = call("ListImages", **HERE, maxResults=1)
    call("ListImages", **HERE, nextToken=page.get("nextToken"))
    call("ListImages", **HERE, filter={"tagStatus": "UNTAGGED", "imageStatus": "ANY"})
    refused("InvalidParameterException", "ListImages", **HERE, nextToken="foreign")
    caller.strict("ecr", "ListImages", **HERE, registryId=caller.account, maxResults=1, filter={"tagStatus": "ANY", "imageStatus": "ANY"})
    page = call("DescribeImages", **HERE, maxResults=1)
    call("DescribeImages", **HERE, nextToken=page.get("nextToken"))
    call("DescribeImages", **HERE, **ids)
    caller.strict("ecr", "DescribeImages", **HERE, registryId=caller.account, **ids)
    caller.strict("ecr", "DescribeImages", **HERE, maxResults=1, filter={"tagStatus": "ANY", "imageStatus": "ANY"})
    refused("ImageNotFoundException", "DescribeImages", **HERE, imageIds=[{"imageTag": "v9"}])


def deletions(caller, call, refused):
    caller.strict("ecr", "BatchDeleteImage", **HERE, registryId=caller.account, imageIds=[{"imageTag": "v2"}])
    call("BatchDeleteImage", **HERE, imageIds=[{"imageTag": "v2"}, {"imageTag": "v1"}, {"imageTag": "v9"}, {}])
    caller.strict("ecr", "DeleteRepository", **HERE, registryId=caller.account, force=True)
    refused("RepositoryNotEmptyException", "DeleteRepository", **HERE)
    call("DeleteRepository", **HERE, force=True)
    refused("RepositoryNotFoundException", "DeleteRepository", **HERE)


def upload(call, blob):
    upload_id = call("InitiateLayerUpload", **HERE)["uploadId"]
    call("UploadLayerPart", **HERE, uploadId=upload_id, partFirstByte=0, partLastByte=len(blob) - 1, layerPartBlob=blob)
    call("CompleteLayerUpload", **HERE, uploadId=upload_id, layerDigests=[digest_of(blob)])


def manifest(blobs, **more):
    config = described("application/vnd.oci.image.config.v1+json", blobs["config"])
    layer = described("application/vnd.oci.image.layer.v1.tar", blobs["layer"])
    return json.dumps({"schemaVersion": 2, "config": config, "layers": [layer], **more})


def described(media_type, content):
    return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}


def digest_of(content):
    return "sha256:" + hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()
