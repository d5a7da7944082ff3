import { type BusEvent, newEvent } from "../events/event.ts";
import type { ImageAction } from "./image-action.ts";

/** ECR's event for an image pushed or deleted (ECR user guide, "Sample events from Amazon ECR"). */
export function imageActionEvent({ account, region, detail }: ImageAction): BusEvent {
  return newEvent({
    "detail-type": "ECR Image Action",
    source: "aws.ecr",
    account,
    region,
    resources: [],
    detail,
  });
}
