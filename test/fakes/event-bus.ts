import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text as textOf } from "node:stream/consumers";

/** An entry of PutEvents, as it came. */
export interface PutEntry {
  readonly Source: string;
  readonly DetailType: string;
  /** JSON. */
  readonly Detail: string;
}

/** An event bus that takes whatever is put on it, and keeps it, unless it is told to refuse; and a bucket that takes any object. */
export class FakeEventBus {
  readonly entries: PutEntry[] = [];
  /** What to answer instead: a status and a body. */
  refusal: { status: number; body: object } | undefined;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<FakeEventBus> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const bus = new FakeEventBus(server);
    server.on("request", async (request, response) => {
      // A client may go away before it has said all.
      const text = await textOf(request).catch(() => undefined);
      if (text === undefined) return response.destroy();
      if (request.method === "PUT") return response.writeHead(200, { etag: '"1"' }).end();
      const body = JSON.parse(text);
      const { status, body: answer } = bus.refusal ?? { status: 200, body: bus.#take(body.Entries) };
      return response
        .writeHead(status, { "content-type": "application/x-amz-json-1.1" })
        .end(JSON.stringify(answer));
    });
    return bus;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The details of what was put since it was last asked. */
  taken(): { kind: string; detail: Record<string, unknown>; bytes: number }[] {
    return this.entries.splice(0).map(({ Source, DetailType, Detail }) => ({
      kind: DetailType,
      detail: JSON.parse(Detail),
      bytes: Buffer.byteLength(Source + DetailType + Detail),
    }));
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #take(entries: readonly PutEntry[]): object {
    this.entries.push(...entries);
    return { FailedEntryCount: 0, Entries: entries.map(() => ({ EventId: "1" })) };
  }
}
