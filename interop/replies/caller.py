"""Calls local AWS through botocore, and compares every raw reply with botocore's model of it."""

import json
from xml.etree import ElementTree

import botocore.config
import botocore.exceptions
import botocore.session

from model import json_problems, local_name, wrong_values, xml_problems

# What every AWS service may answer, though no operation declares it.
COMMON = {
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredTokenException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "SerializationException",
    # Lambda sends this where its model has RequestTooLargeException.
    "RequestEntityTooLargeException",
    "ThrottlingException",
    "UnknownOperationException",
    "UnrecognizedClientException",
    "ValidationError",
    "ValidationException",
}


class Caller:
    """One account's clients; `problems` is what was found wrong so far."""

    def __init__(self, endpoint, account, region="eu-central-1"):
        self.endpoint, self.account, self.region = endpoint, account, region
        self.session = botocore.session.get_session()
        self.clients, self.problems = {}, []
        self.replies, self.operations = 0, set()

    def client(self, service):
        if service not in self.clients:
            config = botocore.config.Config(
                parameter_validation=False, retries={"max_attempts": 0}, s3={"addressing_style": "path"}
            )
            client = self.session.create_client(
                service,
                region_name=self.region,
                endpoint_url=self.endpoint,
                aws_access_key_id=self.account,
                aws_secret_access_key="any",
                config=config,
            )
            client.meta.events.register(f"response-received.{client.meta.service_model.service_id.hyphenize()}", self.received)
            self.clients[service] = client
        return self.clients[service]

    def ok(self, service, operation, **params):
        """Makes a call that must be answered: the answer, or {} when it was refused."""
        answer, error = self.attempt(service, operation, params)
        if error:
            self.problems.append(f"{service} {operation}: refused with {error}")
        return answer

    def refused(self, expected, service, operation, **params):
        """Makes a call that must be refused with this error."""
        _, error = self.attempt(service, operation, params)
        if error.partition(":")[0] != expected:
            self.problems.append(f"{service} {operation}: {error or 'no error'} where {expected} was to come")

    def strict(self, service, operation, **params):
        """Makes a right call wrong in every way the model knows: each must be refused. The right call is not made."""
        shape = self.model(service).operation_model(operation).input_shape
        for what, wrong in wrong_values(params, shape):
            _, error = self.attempt(service, operation, wrong)
            if error.partition(":")[0] not in ("InvalidParameterException", "SerializationException"):
                self.problems.append(f"{service} {operation}: {error or 'no error'} for {what}")

    def offers(self, service, operation):
        """Whether there is such an operation here; found out by an empty request."""
        _, error = self.attempt(service, operation, {})
        return not error.startswith("UnknownOperationException")

    def model(self, service):
        return self.client(service).meta.service_model

    def attempt(self, service, operation, params):
        try:
            return self.client(service)._make_api_call(operation, params), ""
        except botocore.exceptions.ClientError as error:
            told = error.response["Error"]
            return {}, f"{told['Code']}: {told['Message']}"

    def received(self, response_dict, event_name, **_):
        if response_dict is None:
            return
        _, service, operation = event_name.split(".")
        service = {"sfn": "stepfunctions"}.get(service, service)
        model = self.model(service).operation_model(operation)
        check = {"json": check_json, "query": check_query, "rest-json": check_rest_json, "rest-xml": check_rest_xml}
        found = check[model.service_model.metadata["protocol"]](response_dict, model)
        self.problems += [f"{service} {operation}: {problem}" for problem in found]
        self.replies += 1
        self.operations.add((service, operation))


def check_json(reply, model):
    """AWS JSON 1.0 and 1.1."""
    status, headers = reply["status_code"], reply["headers"]
    expected = f"application/x-amz-json-{model.metadata['jsonVersion']}"
    if headers.get("content-type") != expected:
        yield f"the content type is {headers.get('content-type')} instead of {expected}"
    if not headers.get("x-amzn-requestid"):
        yield "there is no x-amzn-RequestId"
    body = json.loads(reply["body"])
    if status == 200:
        yield from json_problems(body, model.output_shape)
        return
    name = body.pop("__type", "")
    shape = next((error for error in model.error_shapes if error.name == name), None)
    yield from error_problems(name, shape, status)
    if shape:
        yield from json_problems(body, shape, name)
    elif set(body) - {"message", "Message"}:
        yield f"{name} has members {sorted(body)}"


def check_rest_json(reply, model):
    """Lambda: an answer's body is the payload; a refusal is named by a header."""
    status, headers = reply["status_code"], reply["headers"]
    if not headers.get("x-amzn-requestid"):
        yield "there is no x-amzn-RequestId"
    if status < 300:
        return
    name, body = headers.get("x-amzn-errortype", ""), json.loads(reply["body"])
    shape = next((error for error in model.error_shapes if error.name == name), None)
    yield from error_problems(name, shape, status)
    if shape:
        yield from json_problems(body, shape, name)
    if not body.get("message", body.get("Message")):
        yield f"{name} has no message"


def check_query(reply, model):
    """The query protocol: the result is wrapped twice."""
    root = ElementTree.fromstring(reply["body"])
    if reply["status_code"] == 200:
        yield from xml_problems(root.find("{*}" + model.output_shape.serialization["resultWrapper"]), model.output_shape)
        if not root.findtext("{*}ResponseMetadata/{*}RequestId"):
            yield "there is no RequestId"
    else:
        yield from xml_error_problems(root.find("{*}Error"), model, reply["status_code"])


def check_rest_xml(reply, model):
    """S3: a body of XML, a body that is the payload, or none."""
    status, body = reply["status_code"], reply["body"]
    if status >= 300:
        if body:
            yield from xml_error_problems(ElementTree.fromstring(body), model, status)
        return
    expected = model.http.get("responseCode", 200)
    if status not in (expected, 206):
        yield f"the status is {status} instead of {expected}"
    if model.output_shape is None or model.has_streaming_output or not body:
        return
    yield from xml_problems(ElementTree.fromstring(body), model.output_shape)


def xml_error_problems(error, model, status):
    found = {local_name(child): child.text for child in error}
    if not found.get("Message"):
        yield "the error has no Message"
    name = found.get("Code", "")
    known = {shape.error_code: shape for shape in model.error_shapes}
    # S3's model leaves most of its errors out.
    if model.service_model.service_name != "s3":
        yield from error_problems(name, known.get(name), status)


def error_problems(name, shape, status):
    if not shape and name not in COMMON:
        yield f"{name} is no error of this operation"
    if not shape:
        return
    expected = shape.metadata.get("error", {}).get("httpStatusCode", 500 if shape.metadata.get("fault") else 400)
    if status != expected:
        yield f"{name} has status {status} instead of {expected}"
