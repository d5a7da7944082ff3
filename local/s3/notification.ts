import { Refusal } from "../refusal.ts";
import type { XmlValue } from "../xml.ts";

/** Whether a NotificationConfiguration in XML turns EventBridge on; throws NotImplemented for what else it asks for. */
export function eventBridgeIn(xml: string): boolean {
  const [, content] = /<NotificationConfiguration\b[^>]*?(?:\/>|>(.*)<\/NotificationConfiguration>)/s.exec(
    xml,
  ) ?? ["", undefined];
  if (!xml.includes("<NotificationConfiguration"))
    throw new Refusal(
      "MalformedXML",
      "The XML you provided was not well-formed or did not validate against our published schema",
    );
  const outermost = (content ?? "").match(/<(?!\/)([A-Za-z]+)/g) ?? [];
  const other = outermost.map((tag) => tag.slice(1)).find((name) => name !== "EventBridgeConfiguration");
  if (other) throw new Refusal("NotImplemented", `Local AWS has no ${other} of a bucket`, 501);
  return outermost.length > 0;
}

/** The content of a NotificationConfiguration. */
export function notificationConfiguration(eventBridge: boolean): XmlValue {
  return eventBridge ? { EventBridgeConfiguration: {} } : {};
}
