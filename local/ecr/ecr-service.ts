import type { Authorize, Call, Caller, Identify, Reply, Service } from "../http.ts";
import { jsonReply, Refusal } from "../refusal.ts";
import { EcrError } from "./errors.ts";
import { identityOf } from "./identity.ts";
import type { OnImageAction } from "./image-action.ts";
import type { LayerDownloads } from "./layer-downloads.ts";
import { operations } from "./operations.ts";
import { readRequest } from "./request.ts";
import type { EcrStore } from "./store.ts";

const targetPrefix = "AmazonEC2ContainerRegistry_V20150921.";

/** The ECR API, AWS JSON 1.1 over one store. */
export class EcrService implements Service {
  readonly #store: EcrStore;
  readonly #downloads: LayerDownloads;
  readonly #authorize: Authorize;
  readonly #onImageAction?: OnImageAction;

  constructor({
    store,
    authorize,
    onImageAction,
    downloads,
  }: {
    store: EcrStore;
    authorize: Authorize;
    onImageAction?: OnImageAction;
    downloads: LayerDownloads;
  }) {
    this.#store = store;
    this.#authorize = authorize;
    this.#onImageAction = onImageAction;
    this.#downloads = downloads;
  }

  async handle(call: Call, identify: Identify): Promise<Reply> {
    const { caller } = call;
    if (!caller)
      return failure(
        new EcrError("MissingAuthenticationTokenException", "Request is missing Authentication Token"),
      );
    const name = (call.headers["x-amz-target"] ?? "").replace(targetPrefix, "");
    const request = await settled(readRequest(call));
    await identify(name, request instanceof Error ? {} : identityOf(request), caller);
    const answer = await settled(this.#perform(name, request, { call, caller }));
    return answer instanceof Error ? failure(answer) : jsonReply(answer);
  }

  async #perform(
    name: string,
    request: object | Refusal,
    { call, caller }: { call: Call; caller: Caller },
  ): Promise<object> {
    const perform = operations.get(name);
    if (!perform)
      throw new EcrError("UnknownOperationException", `The operation '${name}' is not one of ECR's`);
    if (request instanceof Error) throw request;
    return perform(request, {
      store: this.#store,
      downloads: this.#downloads,
      authorize: this.#authorize,
      onImageAction: this.#onImageAction,
      caller,
      endpoint: call.endpoint,
    });
  }
}

/** The result, or the refusal; any other error is a defect and goes on up. */
async function settled<Result>(result: Promise<Result>): Promise<Result | Refusal> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

function failure(refusal: Refusal): Reply {
  const { name, message, status } = refusal;
  const members = refusal instanceof EcrError ? refusal.members : {};
  return { ...jsonReply({ __type: name, message, ...members }, status), error: name };
}
