import { type Check, Missing, type Stage } from "../check.ts";
import { ProgramFailed, run } from "../program.ts";

// The scripts' exit status when what they need is not there.
const CANNOT = 3;

/** Python's AWS SDK calls every operation, rightly and wrongly, and its models of the services judge what comes back. */
export const replies: Check = {
  name: "every reply, and every refusal of a wrong call, is as botocore's models have it",
  needs: ["python3"],
  run: (stage) => script(stage, "check_replies.py", stage.stateMachineArn),
};

/** The same calls to another emulator of ECR are answered and refused in the same words. */
export const repliesOfMoto: Check = {
  name: "moto answers and refuses in the same words",
  needs: ["python3"],
  run: (stage) => script(stage, "compare_with_moto.py"),
};

async function script({ endpoint }: Stage, name: string, ...args: string[]): Promise<string> {
  try {
    const told = await run("python3", ["-B", `interop/replies/${name}`, endpoint, ...args], { seconds: 120 });
    return String(told).trim();
  } catch (error) {
    if (error instanceof ProgramFailed && error.status === CANNOT) throw new Missing(error.stdout.trim());
    throw error;
  }
}
