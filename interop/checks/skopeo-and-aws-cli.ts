import assert from "node:assert/strict";
import { AwsCli, createRepositories, replicate } from "../aws-cli.ts";
import type { Check } from "../check.ts";
import { bothSides, registryName } from "../image.ts";
import { buildImage } from "../real-image.ts";
import { compareWithCopy, skopeoCopy } from "../skopeo.ts";

/** An image goes from skopeo through the deployed state machine back to skopeo, with the AWS CLI for all else. */
export const skopeoAndAwsCli: Check = {
  name: "skopeo reads at the destination what it pushed to the source, replicated by the AWS CLI",
  needs: ["skopeo", "umoci", "dpkg", "tar", "aws"],
  run: async (stage) => {
    const tag = "debian";
    const [source, destination] = bothSides("interop/state-machine", tag);
    await createRepositories(stage, [source, destination]);
    const layout = await buildImage(stage.directory, tag);
    const login = await new AwsCli(stage, source.account).call("ecr", "get-authorization-token");
    const [{ authorizationToken }] = login["authorizationData"] as [{ authorizationToken: string }];
    const credentials = Buffer.from(authorizationToken, "base64").toString("utf8");
    const pushed = `docker://${registryName(stage, source)}`;
    await skopeoCopy(`oci:${layout}:${tag}`, pushed, "--dest-creds", credentials);
    assert.equal((await replicate(stage, source, destination))["status"], "Replicated");
    assert.equal((await replicate(stage, source, destination))["status"], "InSync");
    return compareWithCopy(stage, source, destination);
  },
};
