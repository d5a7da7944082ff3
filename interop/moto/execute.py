"""Usage: execute.py ENDPOINT FILE

Runs the executions that a file describes on moto's interpreter of state machines, one after the other; what their states
call is called at the endpoint. Prints how each ended, as JSON. Exit status: 3 when moto or a part of it is missing.

What is not moto 5.2.1's own:

- Its clients call the endpoint, as the administrator of the state machine's account: local AWS knows no role of moto's.
- Retries come at once and an execution runs in this thread, so that nothing is waited for.
- $$.Execution.RedriveCount is 0: moto has no redrives, and the definition asks how many there were.
- ToleratedFailurePercentage 100 is written 100.0, since its grammar knows no whole percentages.
- InputType JSONL is named JSON, and the object read line by line: it knows only CSV and JSON.
- WriterConfig is left out, since its grammar does not know it.
- The paths of a ResultWriter are read in the state's input, as those of an ItemReader: moto reads them in the results.
- Results are written as Step Functions does, with WriterConfig's JSONL and NONE: moto writes a manifest that lists nothing.
- A child's error is taken from where its program ended, since moto's results have null for it.
- A child has an ARN, a name and a history of its own: moto gives it its parent's and throws its events away.
"""

import json
import sys
from functools import cache
from types import SimpleNamespace


def main(endpoint, path):
    try:
        connect_to(endpoint)
        wait_for_nothing()
        count_no_redrives()
        import distributed_map
        from moto.stepfunctions.parser.models import stepfunctions_parser_backends
    except ImportError as error:
        print(f"not on this machine: {error}")
        return 3
    with open(path) as file:
        given = json.load(file)
    distributed_map.complete()
    definition = distributed_map.readable(given["definition"])
    backend = stepfunctions_parser_backends[given["account"]][given["region"]]
    machine = backend.create_state_machine(given["name"], definition, given["roleArn"])
    print(json.dumps([ended(backend, machine, **execution) for execution in given["executions"]], default=str))
    return 0


def ended(backend, machine, name, input):
    """Runs one execution to its end: what DescribeExecution says of it, its history, and the children of its Map Runs."""
    from distributed_map import children_of

    # Moto copies a state machine with all its executions, and one that has run cannot be copied.
    machine.executions.clear()
    execution = backend.start_execution(machine.arn, name, input)
    described = execution.to_describe_output()
    told = {field: described[field] for field in ("status", "output", "error", "cause") if field in described}
    history = execution.to_history_output()["events"]
    return {**told, "history": history, "children": children_of(execution.exec_worker.env)}


def connect_to(endpoint):
    """Has the interpreter make its clients for this endpoint, as the administrator of the state machine's account."""
    import boto3
    from botocore.config import Config
    from moto.stepfunctions.parser.asl.utils import boto_client

    # Making one takes longer than most calls.
    @cache
    def client_of(account, region, service):
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id=account,
            aws_secret_access_key="any",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=120, s3={"addressing_style": "path"}),
        )

    def client(region, service, state_credentials):
        return client_of(state_credentials.role_arn.split(":")[4], region, service)

    boto_client.boto_client_for = client


def wait_for_nothing():
    """Has an execution ended when it is started, and every retry come at once."""
    from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
    from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

    ExecutionWorker.start = ExecutionWorker._execution_logic
    retrier_decl.time = SimpleNamespace(sleep=lambda seconds: None)


def count_no_redrives():
    """Has the context object say of every execution that it was not redriven."""
    from moto.stepfunctions.parser.backend import execution_worker

    data = execution_worker.ExecutionData
    execution_worker.ExecutionData = lambda **fields: data(RedriveCount=0, **fields)


sys.exit(main(*sys.argv[1:]))
