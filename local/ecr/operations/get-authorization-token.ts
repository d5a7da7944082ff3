import { randomBytes } from "node:crypto";
import { z } from "zod";
import { registryId } from "../constraint.ts";
import { operation } from "../operation.ts";

const lifetimeSeconds = 12 * 3600;

/** A password for the registry endpoint, which here accepts any. */
export const getAuthorizationToken = operation(
  "GetAuthorizationToken",
  z.object({ registryIds: z.array(registryId).min(1).max(10).optional() }),
  () => ["*"],
  ({ registryIds }, { caller }) => ({
    authorizationData: (registryIds ?? [caller.account]).map((account) => ({
      authorizationToken: Buffer.from(`AWS:${randomBytes(900).toString("base64")}`).toString("base64"),
      expiresAt: Date.now() / 1000 + lifetimeSeconds,
      proxyEndpoint: `https://${account}.dkr.ecr.${caller.region}.amazonaws.com`,
    })),
  }),
);
