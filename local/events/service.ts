import { readJson } from "../body.ts";
import type { Authorize, Call, Caller, Identify, Reply, Service } from "../http.ts";
import { jsonReply, Refusal } from "../refusal.ts";
import type { BusEvent } from "./event.ts";
import { busArn, type EventBuses } from "./event-buses.ts";
import { type Entry, EntryError, entriesOf, eventOf } from "./put-events.ts";

/** What the service works on. */
export interface EventsServiceDependencies {
  readonly buses: EventBuses;
  readonly authorize: Authorize;
}

// Entries of 1 MiB, every character of them escaped.
const BODY_LIMIT = 8 * 1024 * 1024;
const KEPT_EVENTS = 10_000;

/** EventBridge over AWS JSON 1.1: PutEvents. */
export class EventsService implements Service {
  readonly #dependencies: EventsServiceDependencies;
  readonly #put: BusEvent[] = [];

  constructor(dependencies: EventsServiceDependencies) {
    this.#dependencies = dependencies;
  }

  /** The last 10,000 events that were put, oldest first. */
  get put(): readonly BusEvent[] {
    return this.#put;
  }

  async handle(call: Call, identify: Identify): Promise<Reply> {
    const name = (call.headers["x-amz-target"] ?? "").split(".")[1] ?? "";
    const { caller } = call;
    if (!caller) throw new Refusal("MissingAuthenticationTokenException", "Missing Authentication Token");
    if (name !== "PutEvents")
      throw new Refusal("UnknownOperationException", `Local AWS has no operation ${name} of EventBridge`);
    const request = await readJson(call, BODY_LIMIT);
    await identify(name, detailOf(request), caller);
    const entries = entriesOf(request);
    const buses = new Set(entries.map((entry) => this.#busOf(entry, caller)));
    for (const bus of buses) this.#dependencies.authorize(caller, "events:PutEvents", bus);
    const Entries = entries.map((entry) => this.#putOne(entry, caller));
    return jsonReply({ Entries, FailedEntryCount: Entries.filter((entry) => "ErrorCode" in entry).length });
  }

  #putOne(entry: Entry, caller: Caller): object {
    const bus = this.#busOf(entry, caller);
    try {
      const event = eventOf(entry, caller);
      if (!this.#dependencies.buses.has(bus) || !bus.startsWith(busArn(caller, "")))
        throw new EntryError(
          "ResourceNotFoundException",
          `Event bus ${entry["EventBusName"]} does not exist.`,
        );
      this.#put.push(event);
      if (this.#put.length > KEPT_EVENTS) this.#put.shift();
      this.#dependencies.buses.put(event, bus);
      return { EventId: event.id };
    } catch (error) {
      if (!(error instanceof EntryError)) throw error;
      return { ErrorCode: error.name, ErrorMessage: error.message };
    }
  }

  /** The bus that an entry names, by its name or ARN. */
  #busOf({ EventBusName }: Entry, caller: Caller): string {
    const given = String(EventBusName ?? "default");
    return given.startsWith("arn:") ? given : busArn(caller, given);
  }
}

/** What tells calls apart: how many entries, and of what kind the first one is. */
function detailOf({ Entries }: Readonly<Record<string, unknown>>): Record<string, string | number> {
  if (!Array.isArray(Entries)) return {};
  const { DetailType } = (Entries[0] ?? {}) as Entry;
  return { entries: Entries.length, ...(typeof DetailType === "string" && { detailType: DetailType }) };
}
