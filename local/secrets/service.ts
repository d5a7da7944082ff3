import { readJson } from "../body.ts";
import type { Authorize, Call, Identify, Reply, Service } from "../http.ts";
import { jsonReply, Refusal } from "../refusal.ts";
import { type Input, inputs, readInput } from "./input.ts";
import * as operations from "./operations.ts";
import type { SecretStore } from "./secret-store.ts";

type Name = keyof typeof inputs;

/** A value of 64 KiB whose every byte is escaped, with room for the rest. */
const bodyLimit = 512 * 1024;

const performers: { [Each in Name]: (input: Input<Each>, context: operations.Context) => object } = {
  CreateSecret: operations.createSecret,
  PutSecretValue: operations.putSecretValue,
  GetSecretValue: operations.getSecretValue,
  DescribeSecret: operations.describeSecret,
  DeleteSecret: operations.deleteSecret,
  ListSecrets: operations.listSecrets,
};

/** Secrets Manager over AWS JSON 1.1; what it tells of calls is the names of secrets, never what is in them. */
export class SecretsService implements Service {
  readonly #store: SecretStore;
  readonly #authorize: Authorize;

  constructor({ store, authorize }: { store: SecretStore; authorize: Authorize }) {
    this.#store = store;
    this.#authorize = authorize;
  }

  async handle(call: Call, identify: Identify): Promise<Reply> {
    const name = (call.headers["x-amz-target"] ?? "").split(".")[1] ?? "";
    const { caller } = call;
    if (!caller) throw new Refusal("MissingAuthenticationTokenException", "Missing Authentication Token");
    if (!isOperation(name))
      throw new Refusal("UnknownOperationException", `Local AWS has no operation ${name} of Secrets Manager`);
    const request = await readJson(call, bodyLimit);
    const secretId = request["SecretId"] ?? request["Name"];
    await identify(name, typeof secretId === "string" ? { secretId } : {}, caller);
    const { account, region } = caller;
    const context = {
      store: this.#store,
      place: { account, region },
      authorize: (arn: string) => this.#authorize(caller, `secretsmanager:${name}`, arn),
    };
    return jsonReply(perform(name, request, context));
  }
}

function perform<Each extends Name>(name: Each, request: object, context: operations.Context): object {
  return performers[name](readInput(name, request), context);
}

function isOperation(name: string): name is Name {
  return Object.hasOwn(inputs, name);
}
