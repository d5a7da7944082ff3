import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Controlled, control } from "./control.ts";
import type { Credentials } from "./credentials.ts";
import type { RateQuotas } from "./ecr/rate-quotas.ts";
import { Exchange } from "./exchange.ts";
import type { Call, CallRecord, Reply, Service } from "./http.ts";
import { Refusal, refusalReply } from "./refusal.ts";
import { routeOf, type ServiceName } from "./route.ts";
import { discard, send, sendBroken } from "./send.ts";
import { readAuthorization } from "./signature.ts";

/** What the front needs of the rest of local AWS. */
export interface FrontDependencies extends Controlled {
  readonly services: Readonly<Record<ServiceName, Service>>;
  readonly credentials: Credentials;
  readonly rates: RateQuotas;
  /** Kills the function environment that has this access key. */
  readonly kill: (accessKeyId: string) => void;
  /** Takes every call into the record. */
  readonly onCall: (record: CallRecord) => void;
}

/** The one HTTP endpoint: knows callers, dispatches to services, tells the record of calls and applies faults. */
export class Front {
  readonly #dependencies: FrontDependencies;
  readonly #server: Server;

  constructor(dependencies: FrontDependencies) {
    this.#dependencies = dependencies;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    // A client that reuses a connection the server is just closing sees a reset that no AWS endpoint would give it.
    this.#server.keepAliveTimeout = 120_000;
    this.#server.requestTimeout = 0;
  }

  /** Listens on 127.0.0.1 (port 0 is any free one) and returns the endpoint's URL; rejects with EADDRINUSE when the port is taken. */
  listen(port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", () =>
        resolve(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`),
      );
    });
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = readCall(request);
    try {
      if (call.path.startsWith("/_local/"))
        return await send(response, await control(call, this.#dependencies));
      const exchange = new Exchange(call, this.#dependencies.faults, this.#dependencies.rates);
      const reply = await this.#answer(exchange);
      this.#dependencies.onCall(exchange.record(reply));
      await this.#deliver(exchange, reply, response);
    } catch {
      // The client went away while it was answered: nobody is left to tell.
      response.destroy();
    }
  }

  async #answer(exchange: Exchange): Promise<Reply> {
    try {
      return await this.#dispatch(exchange);
    } catch (error) {
      const refusal = error instanceof Refusal ? error : unexpected(error);
      const shape = exchange.route?.shape ?? "json";
      const reply = refusalReply(refusal, shape);
      return shape === "json" ? inVersionOf(exchange.call, reply) : reply;
    }
  }

  async #dispatch(exchange: Exchange): Promise<Reply> {
    const { call } = exchange;
    const { credentials, services } = this.#dependencies;
    const signed = readAuthorization(call.headers["authorization"]);
    const route = routeOf(call, signed);
    if (!route)
      throw new Refusal(
        "UnknownOperationException",
        `Local AWS has no service for ${call.method} ${call.path}`,
        404,
      );
    exchange.route = route;
    exchange.accessKeyId = signed?.accessKeyId;
    const known = signed ? { ...call, ...(await credentials.caller(call, signed)) } : call;
    const reply = await services[route.service].handle(known, exchange.identify);
    if (exchange.stopped) throw exchange.refusal();
    return reply;
  }

  async #deliver(exchange: Exchange, reply: Reply, response: ServerResponse): Promise<void> {
    const { effect, accessKeyId } = exchange;
    if (effect?.fault === "kill" && accessKeyId) this.#dependencies.kill(accessKeyId);
    if (effect?.fault === "brokenRead") return sendBroken(response, reply, effect.afterBytes);
    if (!exchange.silent) return send(response, reply);
    await discard(reply);
    response.destroy();
  }
}

function readCall(request: IncomingMessage): Call {
  const [path = "/", query = ""] = (request.url ?? "/").split(/\?(.*)/s);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(", ")]),
  );
  return {
    method: request.method ?? "GET",
    path,
    query: new URLSearchParams(query),
    headers,
    body: request,
    endpoint: `http://${request.headers.host ?? "127.0.0.1"}`,
  };
}

function unexpected(error: unknown): Refusal {
  const aborted = (error as NodeJS.ErrnoException).code === "ECONNRESET";
  if (!aborted) process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  return new Refusal("InternalFailure", `Local AWS failed: ${(error as Error).message}`, 500);
}

/** AWS JSON has two versions, 1.0 and 1.1: a service refuses in the one it is called in. */
function inVersionOf(call: Call, reply: Reply): Reply {
  const version = /^application\/x-amz-json-1\.[01]/.exec(call.headers["content-type"] ?? "")?.[0];
  return version ? { ...reply, headers: { ...reply.headers, "content-type": version } } : reply;
}
