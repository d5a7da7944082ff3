"""Usage: execute.py ENDPOINT FILE

Runs the executions that a file describes on moto's interpreter of state machines, one after the other; what their states
call is called at the endpoint. Prints how each ended, as JSON. Exit status: 3 when moto or a part of it is missing.
"""

import json
import sys
from types import SimpleNamespace


def main(endpoint, path):
    try:
        connect_to(endpoint)
        wait_for_nothing()
        from moto.stepfunctions.parser.models import stepfunctions_parser_backends
    except ImportError as error:
        print(f"not on this machine: {error}")
        return 3
    with open(path) as file:
        given = json.load(file)
    backend = stepfunctions_parser_backends[given["account"]][given["region"]]
    machine = backend.create_state_machine(given["name"], given["definition"], given["roleArn"])
    print(json.dumps([ended(backend, machine, **execution) for execution in given["executions"]], default=str))
    return 0


def ended(backend, machine, name, input):
    """Runs one execution to its end: what DescribeExecution says of it, and its history."""
    # Moto copies a state machine with all its executions, and one that has run cannot be copied.
    machine.executions.clear()
    execution = backend.start_execution(machine.arn, name, input)
    described = execution.to_describe_output()
    told = {field: described[field] for field in ("status", "output", "error", "cause") if field in described}
    return {**told, "history": execution.to_history_output()["events"]}


def connect_to(endpoint):
    """Has the interpreter make its clients for this endpoint, as the administrator of the state machine's account."""
    import boto3
    from botocore.config import Config
    from moto.stepfunctions.parser.asl.utils import boto_client

    def client(region, service, state_credentials):
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id=state_credentials.role_arn.split(":")[4],
            aws_secret_access_key="any",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=120, s3={"addressing_style": "path"}),
        )

    boto_client.boto_client_for = client


def wait_for_nothing():
    """Has an execution ended when it is started, and every retry come at once."""
    from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
    from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

    ExecutionWorker.start = ExecutionWorker._execution_logic
    retrier_decl.time = SimpleNamespace(sleep=lambda seconds: None)


sys.exit(main(*sys.argv[1:]))
