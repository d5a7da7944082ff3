import { requestOptions } from "./copy-arguments.ts";

/** The text of `--help`, also kept in docs/cli.md. */
export function help(): string {
  const fields = Object.entries(requestOptions).map(([name, { help: text }]) => row(`--${name} VALUE`, text));
  return `Copies container images into Amazon ECR, byte for byte.

Usage:
  ecr-replicator copy SOURCE DESTINATION [SOURCE_ROLE [DESTINATION_ROLE]] [options]
                                            copy one image, or those of an archive
  ecr-replicator plan [RULE] [options]      say what a rule would copy, create and delete, and what that takes
  ecr-replicator sync [RULE] [options]      copy and delete it
  ecr-replicator start [RULE] [options]     start a rule on the state machine, print its execution, and end
  ecr-replicator status [EXECUTION] [options]
                                            show how a rule's execution goes until it ends

  SOURCE        an image in ECR: ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY[:TAG][@DIGEST]
                or in any other registry: [HOST/]REPOSITORY[:TAG][@DIGEST], with Docker's defaults
                or an archive of images in S3: s3://BUCKET/KEY[#NAME:TAG]
  DESTINATION   a repository in ECR, with a tag or without (then the source's); for an archive with
                {name}, {tag}, {key} or {basename} in it, for what the images and the object are called
  SOURCE_ROLE, DESTINATION_ROLE
                ARNs of roles to read and to write with; '' or nothing for your own credentials
  RULE          the name of a rule in replication.yaml; nothing for the only one with a source
  EXECUTION     an execution's ARN or name; nothing for the newest, first of those that run

Options of copy:
${[
  ...fields,
  row("--create-repository", "create the destination's repository if it is absent"),
  row("--plan", "copy nothing, and say what would be copied; a compressed"),
  row("", "archive is inflated all the same"),
  row("--state-machine ARN", "run on this state machine, and follow it"),
  row("--work-bucket BUCKET", "where to inflate a compressed archive, copying from here;"),
  row("", "it stays there until you, or a lifecycle rule, delete it"),
  row("--allow-insecure", "read from local and private registries, without TLS here"),
].join("\n")}

Options of plan, sync, start and status:
${[
  row("--rule NAME", "as RULE (not status)"),
  row("--config FILE", "the file with the rules, if not replication.yaml (not status)"),
  row("--state-machine [ARN]", "run on this state machine, and follow it; without an ARN,"),
  row("", "and for start and status without this option, on that"),
  row("", "called ReplicateImages in your account and Region"),
  row("--allow-insecure", "plan and sync from here: as for copy"),
  row("--once", "status: say how it goes now, and end"),
].join("\n")}

Options of all commands:
${[
  row("--json", "print the report, or the failure, as JSON on standard output"),
  row("-h, --help", "print this"),
  row("--version", "print the version"),
].join("\n")}

Credentials, region, profile and endpoint come from the environment and the AWS config files, as for
the AWS CLI; those for registries from Docker's config file and credential helpers, as for docker.
Progress goes to standard error, the report to standard output. What was interrupted is finished by
running the same command again. With --state-machine, an interruption ends the following only: the
execution goes on.

With --json, status has these fields: execution, executionStatus, rule, mode, startedAt, seconds, doing;
found: how many images were selected, inSync and differing, and how many deletions; progress: of the total
of those that differ how many have ended, of which how many have failed, are running and waiting; bytes,
and whether they are about so many; rate, in bytes a second; left, in seconds. Of a run that has ended it
has those of the report besides, and of one that has failed error, operation, message, and failed: the
first repositories and images that did.

Exit status: 0 copied, planned, in sync or still running; 1 failed; 2 wrong usage; 130 interrupted.
`;
}

function row(option: string, text: string): string {
  return `  ${option.padEnd(46)}${text}`.trimEnd();
}
