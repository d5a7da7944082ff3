import type { Image } from "./images.ts";
import type { RepositoryKey } from "./repository-key.ts";

/** An `ECR Image Action` event: where it happened, and its detail as EventBridge delivers it. */
export interface ImageAction {
  readonly account: string;
  readonly region: string;
  readonly detail: {
    readonly result: "SUCCESS";
    readonly "repository-name": string;
    readonly "image-digest": string;
    readonly "action-type": "PUSH" | "DELETE";
    /** Empty when the image was pushed or deleted by digest. */
    readonly "image-tag": string;
    readonly "manifest-media-type": string;
    readonly "artifact-media-type"?: string;
  };
}

/** Is told of every image pushed or deleted, right after it happened. */
export type OnImageAction = (action: ImageAction) => void;

/** The event of one image pushed or deleted. */
export function imageAction(
  type: "PUSH" | "DELETE",
  { account, region, name }: RepositoryKey,
  image: Image,
  tag: string | undefined,
): ImageAction {
  return {
    account,
    region,
    detail: {
      result: "SUCCESS",
      "repository-name": name,
      "image-digest": image.digest,
      "action-type": type,
      "image-tag": tag ?? "",
      "manifest-media-type": image.mediaType,
      ...(image.configType && { "artifact-media-type": image.configType }),
    },
  };
}
