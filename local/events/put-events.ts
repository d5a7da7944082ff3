import { Refusal } from "../refusal.ts";
import { type BusEvent, newEvent } from "./event.ts";

/** One entry of PutEvents as it was sent. */
export type Entry = Readonly<Record<string, unknown>>;

/** Why one entry fails while others do not; its name is the `ErrorCode`. */
export class EntryError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

const FIELDS = ["Time", "Source", "Resources", "DetailType", "Detail", "EventBusName", "TraceHeader"];
const MOST_ENTRIES = 10;
// EventBridge quotas: all entries of a call together, a time counting as 14 bytes.
const MOST_BYTES = 1024 * 1024;
const TIME_BYTES = 14;
// API reference, PutEventsRequestEntry.
const LONGEST_SOURCE = 256;
const LONGEST_TYPE = 128;

/** The entries of a request; throws ValidationException when there are none or too many or when they are too large together. */
export function entriesOf(request: Readonly<Record<string, unknown>>): Entry[] {
  const { Entries, ...rest } = request;
  refuseUnknown(rest, []);
  if (!Array.isArray(Entries) || Entries.length === 0 || Entries.length > MOST_ENTRIES) {
    const constraint = `Member must have length 1 to ${MOST_ENTRIES}`;
    throw invalid(
      `1 validation error detected: Value at 'entries' failed to satisfy constraint: ${constraint}`,
    );
  }
  for (const entry of Entries) refuseUnknown(entry, FIELDS);
  const size = Entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
  if (size > MOST_BYTES) throw invalid("Total size of the entries in the request is over the limit.");
  return Entries;
}

/** The event that an entry is; throws an EntryError with the code and the text that AWS gives. */
export function eventOf(entry: Entry, { account, region }: { account: string; region: string }): BusEvent {
  const source = required(entry, "Source", LONGEST_SOURCE);
  const detailType = required(entry, "DetailType", LONGEST_TYPE);
  const detail = parseDetail(required(entry, "Detail", MOST_BYTES));
  if (source.startsWith("aws."))
    throw new EntryError("NotAuthorizedForSourceException", "Not authorized for the source.");
  const resources = (entry["Resources"] ?? []) as string[];
  const { Time } = entry;
  const at = Time === undefined ? new Date() : new Date(Number(Time) * 1000);
  if (Number.isNaN(at.getTime()))
    throw new EntryError("InvalidArgument", "Parameter Time is not valid. Reason: it is not a time.");
  return newEvent({ "detail-type": detailType, source, account, region, resources, detail }, at);
}

function required(entry: Entry, field: string, longest: number): string {
  const value = entry[field];
  if (typeof value !== "string" || value === "") throw argument(field, `${field} is a required argument.`);
  if (value.length > longest) throw argument(field, `${field} is longer than ${longest} characters.`);
  return value;
}

function parseDetail(text: string): Record<string, unknown> {
  try {
    const detail: unknown = JSON.parse(text);
    if (typeof detail === "object" && detail !== null && !Array.isArray(detail))
      return detail as Record<string, unknown>;
  } catch {
    // Falls through to the one error for everything that is not an object.
  }
  throw new EntryError("MalformedDetail", "Detail is malformed.");
}

function sizeOf({ Time, Source = "", DetailType = "", Detail = "", Resources = [] }: Entry): number {
  const texts = [Source, DetailType, Detail, ...(Resources as unknown[])].map(String);
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return bytes + (Time === undefined ? 0 : TIME_BYTES);
}

function refuseUnknown(fields: unknown, known: readonly string[]): void {
  const unknown = Object.keys((fields ?? {}) as object).filter((field) => !known.includes(field));
  if (unknown.length > 0) throw invalid(`${unknown.join(", ")} of PutEvents is not supported by local AWS`);
}

function argument(field: string, reason: string): EntryError {
  return new EntryError("InvalidArgument", `Parameter ${field} is not valid. Reason: ${reason}`);
}

function invalid(message: string): Refusal {
  return new Refusal("ValidationException", message);
}
