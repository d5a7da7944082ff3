import { randomUUID } from "node:crypto";
import { readBody } from "../body.ts";
import type { Call, Caller, Identify, Reply } from "../http.ts";
import { Refusal, refusalReply } from "../refusal.ts";
import { element, type XmlValue } from "../xml.ts";
import { type AssumeRoleDependencies, assumeRole } from "./assume-role.ts";

const BODY_LIMIT = 256 * 1024;
const NAMESPACE = ' xmlns="https://sts.amazonaws.com/doc/2011-06-15/"';

/** STS over the query protocol: AssumeRole and GetCallerIdentity. */
export class StsService {
  readonly #dependencies: AssumeRoleDependencies;

  constructor(dependencies: AssumeRoleDependencies) {
    this.#dependencies = dependencies;
  }

  async handle(call: Call, identify: Identify): Promise<Reply> {
    const form = new URLSearchParams((await readBody(call, BODY_LIMIT)).toString("utf8"));
    const action = form.get("Action") ?? "";
    if (!call.caller)
      throw new Refusal("MissingAuthenticationToken", "Request is missing Authentication Token", 403);
    await identify(action, form.has("RoleArn") ? { roleArn: form.get("RoleArn") ?? "" } : {}, call.caller);
    try {
      return reply(action, this.#answer(action, form, call.caller));
    } catch (error) {
      if (error instanceof Refusal) return refusalReply(error, "query");
      throw error;
    }
  }

  #answer(action: string, form: URLSearchParams, caller: Caller): XmlValue {
    if (action === "AssumeRole") return assumeRole(form, caller, this.#dependencies);
    if (action === "GetCallerIdentity")
      return { Arn: caller.arn, UserId: caller.accessKeyId ?? "", Account: caller.account };
    throw new Refusal("InvalidAction", `Could not find operation ${action} for version 2011-06-15`);
  }
}

function reply(action: string, result: XmlValue): Reply {
  const content = { [`${action}Result`]: result, ResponseMetadata: { RequestId: randomUUID() } };
  return {
    status: 200,
    headers: { "content-type": "text/xml" },
    body: element(`${action}Response`, content, NAMESPACE),
  };
}
