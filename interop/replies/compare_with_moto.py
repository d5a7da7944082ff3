"""Usage: compare_with_moto.py ENDPOINT. Makes the same calls to local AWS and to moto, and prints where they differ."""

import json
import os
import re
import sys

ACCOUNT = "111111111111"
os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT
HERE = {"repositoryName": "interop/moto"}
NOWHERE = {"repositoryName": "interop/nowhere"}
ABSENT = "sha256:" + "0" * 64


def main(endpoint):
    try:
        from moto import mock_aws
        from caller import Caller
    except ImportError as error:
        print(f"not on this machine: {error}")
        return 3
    ours = [told(Caller(endpoint, ACCOUNT), *call) for call in calls()]
    with mock_aws():
        caller = Caller(None, ACCOUNT)
        theirs = [told(caller, *call) for call in calls()]
    differences = [
        f"{operation} {json.dumps(params):.100}\n  local AWS: {our}\n  moto:      {their}"
        for (operation, params), our, their in zip(calls(), ours, theirs)
        if our != their
    ]
    print("\n".join(differences) if differences else f"{len(ours)} calls")
    return 1 if differences else 0


def told(caller, operation, params):
    """What an answer says that is not random: its error, or the codes and texts of its failures, or its counts."""
    answer, error = caller.attempt("ecr", operation, params)
    if error:
        return worded(error)
    failures = [(one.get("failureCode"), worded(one.get("failureReason"))) for one in answer.get("failures", [])]
    counts = {name: len(value) for name, value in answer.items() if isinstance(value, list)}
    return {"counts": counts, "failures": failures}


def worded(text):
    """A text without the part that spells out a pattern or a set of values: there moto has its own words."""
    return re.sub(r"(constraint: |regex ).*", r"\1…", text)


def calls():
    ids = [{"imageTag": "v1"}]
    yield "DescribeRepositories", {"repositoryNames": ["interop/nowhere"]}
    yield "CreateRepository", {**HERE, "tags": [{"Key": "team", "Value": "images"}]}
    yield "CreateRepository", HERE
    yield "CreateRepository", {"repositoryName": "Upper"}
    yield "CreateRepository", {**NOWHERE, "imageTagMutability": "SOMETIMES"}
    yield "DescribeRepositories", {"repositoryNames": ["interop/moto"]}
    yield "ListImages", HERE
    yield "ListImages", NOWHERE
    yield "DescribeImages", {**HERE, "imageIds": ids}
    yield "DescribeImages", {**HERE, "imageIds": [{"imageDigest": ABSENT}]}
    yield "DescribeImages", NOWHERE
    yield "BatchGetImage", {**HERE, "imageIds": ids}
    yield "BatchGetImage", {**HERE, "imageIds": [{"imageDigest": ABSENT}]}
    yield "BatchGetImage", {**NOWHERE, "imageIds": ids}
    yield "BatchDeleteImage", {**HERE, "imageIds": ids}
    yield "BatchDeleteImage", {**HERE, "imageIds": [{}]}
    yield "BatchDeleteImage", {**HERE, "imageIds": [{"imageDigest": "no digest"}]}
    yield "BatchDeleteImage", {**NOWHERE, "imageIds": ids}
    yield "PutImageTagMutability", {**NOWHERE, "imageTagMutability": "MUTABLE"}
    yield "PutImageTagMutability", {**HERE, "imageTagMutability": "SOMETIMES"}
    yield "PutImageTagMutability", {**HERE, "imageTagMutability": "IMMUTABLE"}
    yield "DeleteRepository", NOWHERE
    yield "DeleteRepository", HERE


sys.exit(main(*sys.argv[1:]))
