import { randomUUID } from "node:crypto";

/** An event of an AWS service on the default bus, in the order EventBridge writes the fields. */
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

/** An event of this moment with an id of its own. */
export function newEvent(given: Omit<BusEvent, "version" | "id" | "time">): BusEvent {
  const { source, account, region, resources, detail } = given;
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": given["detail-type"],
    source,
    account,
    time: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
    region,
    resources,
    detail,
  };
}
