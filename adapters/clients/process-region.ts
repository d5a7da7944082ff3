import { STSClient } from "@aws-sdk/client-sts";

/**
 * The Region of this process as the SDK finds it, in AWS_REGION or the profile (SDKs and Tools Reference, AWS Region), or
 * the other where it finds none. Nothing is read before it is asked for.
 */
export function processRegion(otherwise: string): () => Promise<string> {
  let found: Promise<string> | undefined;
  return () => {
    // Any client looks its Region up in the same way, and exports no other means to.
    found ??= new STSClient({}).config.region().catch(() => otherwise);
    return found;
  };
}
