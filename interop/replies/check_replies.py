"""Usage: check_replies.py ENDPOINT STATE_MACHINE_ARN

Prints which replies are not as AWS's own models have them. Exit status: 0 none, 1 some, 3 botocore is missing or too old.
"""

import sys


def main(endpoint, machine):
    try:
        from caller import Caller
    except ImportError as error:
        print(f"not on this machine: {error}")
        return 3
    from ecr_calls import call_ecr
    from other_calls import call_lambda, call_s3, call_step_functions, call_sts

    source, pipeline = Caller(endpoint, "111111111111"), Caller(endpoint, "333333333333")
    if "ListImageReferrers" not in source.model("ecr").operation_names:
        print("this machine's botocore is too old to know ListImageReferrers")
        return 3
    call_ecr(source)
    call_s3(source)
    call_sts(operator=pipeline, stranger=source)
    call_step_functions(pipeline, machine)
    call_lambda(pipeline, machine)

    problems = list(dict.fromkeys(source.problems + pipeline.problems))
    replies = source.replies + pipeline.replies
    operations = source.operations | pipeline.operations
    print("\n".join(problems) if problems else f"{replies} replies of {len(operations)} operations")
    return 1 if problems else 0


sys.exit(main(*sys.argv[1:]))
