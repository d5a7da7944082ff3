import { randomUUID } from "node:crypto";

/** An event on a bus, in the order EventBridge writes the fields. */
export interface BusEvent {
  readonly version: "0";
  readonly id: string;
  readonly "detail-type": string;
  readonly source: string;
  /** Twelve digits. */
  readonly account: string;
  /** ISO 8601 to the second. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/** An event with an id of its own, of this moment unless another is given. */
export function newEvent(given: Omit<BusEvent, "version" | "id" | "time">, at = new Date()): BusEvent {
  const { source, account, region, resources, detail } = given;
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": given["detail-type"],
    source,
    account,
    time: at.toISOString().replace(/\.\d+Z$/, "Z"),
    region,
    resources,
    detail,
  };
}
