import { readBody } from "./body.ts";
import type { Fault, Faults } from "./faults.ts";
import type { Call, CallRecord, Reply } from "./http.ts";
import { jsonReply } from "./refusal.ts";

/** What the control surface shows and changes. */
export interface Controlled {
  readonly faults: Faults;
  readonly calls: CallRecord[];
  /** Read-only views by name, such as `functions`. */
  readonly views: Readonly<Record<string, () => unknown>>;
}

/** Answers `/_local/…`: faults (GET, POST, DELETE), calls (GET, DELETE) and the views (GET). */
export async function control(call: Call, { faults, calls, views }: Controlled): Promise<Reply> {
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
  if (call.method === "GET" && view) return jsonReply(view());
  return jsonReply({ message: `There is no ${call.method} ${call.path}` }, 404);
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
