"""The operations of STS, Step Functions, Lambda and S3 that local AWS offers, called rightly and wrongly."""

import json
import re
import uuid


def call_sts(operator, stranger):
    """The operator whom the role's trust policy names, and somebody whom it does not."""
    operator.ok("sts", "GetCallerIdentity")
    request = {"RoleArn": "arn:aws:iam::222222222222:role/CustomEcrRole", "RoleSessionName": "interop"}
    operator.ok("sts", "AssumeRole", **request)
    stranger.refused("AccessDenied", "sts", "AssumeRole", **request)
    operator.refused("ValidationError", "sts", "AssumeRole", **{**request, "RoleArn": "x"})
    operator.refused("ValidationError", "sts", "AssumeRole", **request, DurationSeconds=7)


def call_step_functions(caller, machine):
    """Runs an execution that fails, because the request is empty."""
    call = lambda operation, **params: caller.ok("stepfunctions", operation, **params)
    refused = lambda error, operation, **params: caller.refused(error, "stepfunctions", operation, **params)
    call("ListStateMachines", maxResults=1)
    call("DescribeStateMachine", stateMachineArn=machine)
    refused("StateMachineDoesNotExist", "StartExecution", stateMachineArn=f"{machine}Not")
    refused("InvalidArn", "StartExecution", stateMachineArn="arn:aws:states:machine")
    refused("InvalidExecutionInput", "StartExecution", stateMachineArn=machine, input="{")
    refused("InvalidName", "StartExecution", stateMachineArn=machine, name="a b")
    name = str(uuid.uuid4())
    execution = call("StartExecution", stateMachineArn=machine, name=name, input="{}")["executionArn"]
    while call("DescribeExecution", executionArn=execution).get("status") == "RUNNING":
        pass
    refused("ExecutionAlreadyExists", "StartExecution", stateMachineArn=machine, name=name, input='{"other":1}')
    refused("ExecutionDoesNotExist", "DescribeExecution", executionArn=f"{execution}0")
    call("GetExecutionHistory", executionArn=execution, reverseOrder=True)
    page = call("GetExecutionHistory", executionArn=execution, maxResults=1)
    call("GetExecutionHistory", executionArn=execution, nextToken=page.get("nextToken"))
    refused("InvalidToken", "GetExecutionHistory", executionArn=execution, nextToken="foreign")
    call("ListExecutions", stateMachineArn=machine, statusFilter="FAILED")
    call("StopExecution", executionArn=call("StartExecution", stateMachineArn=machine)["executionArn"], error="Stopped", cause="interop")


def call_lambda(caller, machine):
    """Invokes the first function of the state machine, which fails, because the request is empty."""
    definition = caller.ok("stepfunctions", "DescribeStateMachine", stateMachineArn=machine)["definition"]
    arn = re.search(r'arn:aws:lambda:[^"]+', definition)[0]
    refused = lambda error, **params: caller.refused(error, "lambda", "Invoke", **{"FunctionName": arn, **params})
    answers = [
        caller.ok("lambda", "Invoke", FunctionName=name, InvocationType=kind, Payload=b"{}")
        for name in (arn, arn.split(":")[-1], f"{arn}:$LATEST")
        for kind in ("RequestResponse", "DryRun")
    ]
    failed = answers[0]
    if failed.get("FunctionError") != "Unhandled" or "errorType" not in json.load(failed["Payload"]):
        caller.problems.append("lambda Invoke: the function's error is not told")
    if [answer.get("StatusCode") for answer in answers] != [200, 204] * 3:
        caller.problems.append("lambda Invoke: wrong status")
    caller.ok("lambda", "Invoke", FunctionName=arn, InvocationType="Event")
    refused("ResourceNotFoundException", FunctionName=f"{arn}0")
    refused("ResourceNotFoundException", Qualifier="7")
    refused("InvalidRequestContentException", Payload=b"{")
    refused("RequestEntityTooLargeException", Payload=b" " * (6 << 20) + b"{}")
    refused("InvalidParameterValueException", FunctionName=f"{arn}:1", Qualifier="2")
    refused("ValidationException", FunctionName="no function")
    refused("ValidationException", InvocationType="Sometimes")


def call_s3(caller):
    """Objects whole and in parts."""
    call = lambda operation, **params: caller.ok("s3", operation, **params)
    refused = lambda error, operation, **params: caller.refused(error, "s3", operation, **params)
    bucket = f"interop-{uuid.uuid4()}"
    place = {"LocationConstraint": caller.region}
    here = {"Bucket": bucket, "Key": "a/key with spaces+ü"}
    call("CreateBucket", Bucket=bucket, CreateBucketConfiguration=place)
    call("HeadBucket", Bucket=bucket)
    call("ListBuckets")
    call("PutObject", **here, Body=b"0123456789", Metadata={"from": "interop"})
    if call("GetObject", **here, Range="bytes=2-5")["Body"].read() != b"2345":
        caller.problems.append("s3 GetObject: wrong range")
    if call("HeadObject", **here).get("ContentLength") != 10:
        caller.problems.append("s3 HeadObject: wrong length")
    refused("NoSuchKey", "GetObject", Bucket=bucket, Key="nothing")
    refused("NoSuchBucket", "GetObject", Bucket=f"{bucket}-not", Key="nothing")
    refused("InvalidRange", "GetObject", **here, Range="bytes=99-")
    call("ListObjectsV2", Bucket=bucket, Prefix="a/", Delimiter="/")
    upload = {**here, "UploadId": call("CreateMultipartUpload", **here)["UploadId"]}
    etag = call("UploadPart", **upload, PartNumber=1, Body=b"part")["ETag"]
    call("CompleteMultipartUpload", **upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    call("AbortMultipartUpload", **here, UploadId=call("CreateMultipartUpload", **here)["UploadId"])
    refused("NoSuchUpload", "UploadPart", **upload, PartNumber=2, Body=b"part")
    call("ListObjectsV2", Bucket=bucket, MaxKeys=1)
    call("DeleteObject", **here)
