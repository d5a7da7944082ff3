import { accounts, administrator } from "../account.ts";
import { type Check, Missing } from "../check.ts";
import { ProgramFailed, run } from "../program.ts";

// The script's exit status when it cannot check anything.
const CANNOT = 3;

/** Python's AWS SDK calls every operation, rightly and wrongly, and its models of the services judge what comes back. */
export const replies: Check = {
  name: "every reply, and every refusal of a wrong call, is as botocore's models have it",
  needs: ["python3"],
  run: async ({ endpoint, stateMachineArn }) => {
    const script = ["-B", "interop/replies/check_replies.py", endpoint, stateMachineArn];
    const env = administrator(accounts.pipeline, endpoint);
    try {
      return String(await run("python3", script, { env, seconds: 120 })).trim();
    } catch (error) {
      if (error instanceof ProgramFailed && error.status === CANNOT) throw new Missing(error.stdout.trim());
      throw error;
    }
  },
};
