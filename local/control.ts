import { readBody } from "./body.ts";
import type { Fault, Faults } from "./faults.ts";
import type { Call, CallRecord, Reply } from "./http.ts";
import { jsonReply, Refusal, refusalReply } from "./refusal.ts";

/** What the control surface shows and changes. */
export interface Controlled {
  readonly faults: Faults;
  readonly calls: CallRecord[];
  /** Read-only views by name, such as `functions`. */
  readonly views: Readonly<Record<string, () => unknown>>;
  /** Starts an execution as a schedule does and returns its ARN; throws a Refusal. */
  readonly runSchedule: (name: string) => string;
}

/** Answers `/_local/…`: faults (GET, POST, DELETE), calls (GET, DELETE), the views (GET) and schedules to run (POST). */
export async function control(call: Call, controlled: Controlled): Promise<Reply> {
  const { faults, calls, views } = controlled;
  const name = call.path.slice("/_local/".length);
  const view = views[name];
  switch (`${call.method} ${name}`) {
    case "GET faults":
      return jsonReply(faults.list());
    case "POST faults":
      return addFaults(call, faults);
    case "DELETE faults":
      faults.clear();
      return jsonReply([]);
    case "GET calls":
      return jsonReply(calls);
    case "DELETE calls":
      calls.length = 0;
      return jsonReply([]);
  }
  const [, schedule] = /^schedules\/(.+)\/run$/.exec(name) ?? [];
  if (call.method === "POST" && schedule)
    return runSchedule(decodeURIComponent(schedule), controlled.runSchedule);
  if (call.method === "GET" && view) return jsonReply(view());
  return jsonReply({ message: `There is no ${call.method} ${call.path}` }, 404);
}

function runSchedule(name: string, run: Controlled["runSchedule"]): Reply {
  try {
    return jsonReply({ executionArn: run(name) });
  } catch (error) {
    if (error instanceof Refusal) return refusalReply(error, "json");
    throw error;
  }
}

async function addFaults(call: Call, faults: Faults): Promise<Reply> {
  try {
    const given: Fault | Fault[] = JSON.parse((await readBody(call, 1024 * 1024)).toString("utf8"));
    for (const fault of [given].flat()) faults.add(fault);
    return jsonReply(faults.list(), 201);
  } catch (error) {
    return jsonReply({ message: (error as Error).message }, 400);
  }
}
