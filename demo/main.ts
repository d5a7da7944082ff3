/*
 * The main jobs from end to end, on this machine alone.
 */
import { startLocalAws } from "../local/aws.ts";
import { fromEcr } from "./from-ecr.ts";
import { fromRegistry } from "./from-registry.ts";
import { fromRule } from "./from-rule.ts";
import { fromS3 } from "./from-s3.ts";
import { say } from "./stage.ts";

say("Starting AWS on this machine, and deploying the synthesised app into it");
const aws = await startLocalAws({ assembly: "cdk.out" });
try {
  await fromEcr(aws.endpoint);
  await fromS3(aws.endpoint);
  await fromRegistry(aws.endpoint);
  await fromRule(aws.endpoint);
} finally {
  await aws.stop();
}
