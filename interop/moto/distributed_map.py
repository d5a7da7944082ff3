"""What moto 5.2.1 lacks of a Distributed Map; execute.py says why."""

import json
import uuid

from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader.eval.resource_output_transformer import (
    transformer_json,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor import (
    distributed_item_processor_worker as worker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.result_writer.resource_eval.resource_eval_s3 import (
    ResourceEvalS3,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.result_writer.result_writer_decl import ResultWriter
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded, ProgramError
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str


def readable(definition):
    """A definition in the words that moto's parser knows, as JSON."""
    read = json.loads(definition)
    for state in read["States"].values():
        if "ToleratedFailurePercentage" in state:
            state["ToleratedFailurePercentage"] = float(state["ToleratedFailurePercentage"])
        if state.get("ItemReader", {}).get("ReaderConfig", {}).get("InputType") == "JSONL":
            state["ItemReader"]["ReaderConfig"]["InputType"] = "JSON"
        state.get("ResultWriter", {}).pop("WriterConfig", None)
    return json.dumps(read)


def complete():
    """Has Distributed Maps read JSON lines, run children as executions of their own, and write how these ended."""
    transformer_json.json = JsonLines
    worker.DistributedItemProcessorWorker._eval_job = run_child
    ResultWriter._eval_body = place_results
    ResourceEvalS3._handle_put_object = staticmethod(write_results)


class JsonLines:
    @staticmethod
    def loads(text):
        return [json.loads(line) for line in text.split("\n") if line.strip()]


run_job = worker.DistributedItemProcessorWorker._eval_job


def run_child(self, env, job):
    record = self._map_run_record
    name = str(uuid.uuid4())
    arn = f"{record.map_state_machine_arn.replace(':stateMachine:', ':execution:')}:{name}"
    context = env.states.context_object.context_object_data
    context["Execution"] = {**context["Execution"], "Id": arn, "Name": name, "Input": job.job_input}
    env.event_manager = EventManager()
    run_job(self, env, job)
    child = {"arn": arn, "name": name, "input": to_json_str(job.job_input), **ending(env, job)}
    children_of_run(record).append({**child, "history": env.event_manager.get_event_history()})


def ending(env, job):
    state = env.program_state()
    if isinstance(state, ProgramEnded):
        return {"status": "SUCCEEDED", "output": to_json_str(job.job_output)}
    error = state.error if isinstance(state, ProgramError) else {}
    return {"status": "FAILED", **{field: error[field] for field in ("error", "cause") if field in error}}


def children_of(env):
    """How the children of an execution's Map Runs ended, each with its history."""
    return [child for run in env.map_run_record_pool_manager.get_all() for child in children_of_run(run)]


def children_of_run(run):
    return run.__dict__.setdefault("children", [])


def place_results(self, env):
    env.stack[-1] = env.states.get_input()
    self.parargs.eval(env)
    self.resource_eval.eval_resource(env)


def write_results(env, resource_runtime_part, state_credentials):
    parameters = env.stack.pop()
    env.stack.pop()
    run = env.map_run_record_pool_manager.get_all()[-1]
    bucket = parameters["Bucket"]
    folder = f"{parameters['Prefix'].rstrip('/')}/{run.map_run_arn.split(':')[-1]}"
    s3 = ResourceEvalS3._get_s3_client(resource_runtime_part, state_credentials)

    def put(key, lines):
        body = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
        s3.put_object(Bucket=bucket, Key=key, Body=body)
        return {"Key": key, "Size": len(body)}

    files = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
    for status, listed in files.items():
        records = [record_of(child) for child in children_of_run(run) if child["status"] == status]
        if records:
            listed.append(put(f"{folder}/{status}_0.json", records))
    manifest = {"DestinationBucket": bucket, "MapRunArn": run.map_run_arn, "ResultFiles": files}
    key = put(f"{folder}/manifest.json", [manifest])["Key"]
    env.stack.append({"MapRunArn": run.map_run_arn, "ResultWriterDetails": {"Bucket": bucket, "Key": key}})


def record_of(child):
    names = {"arn": "ExecutionArn", "name": "Name", "input": "Input", "status": "Status"}
    names |= {"output": "Output", "error": "Error", "cause": "Cause"}
    return {name: child[field] for field, name in names.items() if field in child}
