import { requestOptions } from "./arguments.ts";

/** The text of `--help`, also kept in docs/cli.md. */
export function help(): string {
  const fields = Object.entries(requestOptions).map(([name, { help: text }]) => row(`--${name} VALUE`, text));
  return `Copies a container image into Amazon ECR, byte for byte.

Usage:
  ecr-replicator copy SOURCE DESTINATION [SOURCE_ROLE [DESTINATION_ROLE]] [options]

  SOURCE        an image in ECR: ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY[:TAG][@DIGEST]
                or in any other registry: [HOST/]REPOSITORY[:TAG][@DIGEST], with Docker's defaults
                or an archive of images in S3: s3://BUCKET/KEY[#NAME:TAG]
  DESTINATION   a repository in ECR, with a tag or without (then the source's); for an archive with
                {name}, {tag}, {key} or {basename} in it, for what the images and the object are called
  SOURCE_ROLE, DESTINATION_ROLE
                ARNs of roles to read and to write with; '' or nothing for your own credentials

Options:
${[
  ...fields,
  row("--create-repository", "create the destination's repository if it is absent"),
  row("--plan", "copy nothing, and say what would be copied; a compressed"),
  row("", "archive is inflated all the same"),
  row("--state-machine ARN", "run on this state machine, and follow it"),
  row("--work-bucket BUCKET", "where to inflate a compressed archive, copying from here;"),
  row("", "it stays there until you, or a lifecycle rule, delete it"),
  row("--allow-insecure", "read from local and private registries, without TLS here"),
  row("--json", "print the report, or the failure, as JSON on standard output"),
  row("-h, --help", "print this"),
  row("--version", "print the version"),
].join("\n")}

Credentials, region, profile and endpoint come from the environment and the AWS config files, as for
the AWS CLI; those for registries from Docker's config file and credential helpers, as for docker.
Progress goes to standard error, the report to standard output. A copy that was
interrupted is finished by running the same command again. With --state-machine, an interruption ends
the following only: the execution goes on.

Exit status: 0 copied, planned or in sync; 1 failed; 2 wrong usage; 130 interrupted.
`;
}

function row(option: string, text: string): string {
  return `  ${option.padEnd(46)}${text}`.trimEnd();
}
