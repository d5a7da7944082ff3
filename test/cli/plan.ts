import type { PendingBlob } from "../../core/model/copy-task.ts";
import type { Plan } from "../../core/model/plan.ts";
import { request } from "../fakes/request.ts";

/** A blob of so many bytes, whose digest is some hexadecimal digits again and again. */
export function blob(digits: string, size: number, from = 0): PendingBlob {
  const digest = `sha256:${digits.repeat(64).slice(0, 64)}` as const;
  return { digest, size, from, upload: { id: digits, partSize: 10 } };
}

/** A plan with a task for each blob. */
export function planOf(next: Plan["next"], blobs: readonly PendingBlob[] = [], present = 0): Plan {
  const root = { mediaType: "m", digest: `sha256:${"0".repeat(64)}` as const, size: 1 };
  return {
    next,
    request,
    root,
    tasks: blobs.map((one) => ({ blobs: [one] })),
    layers: { copied: 0, present, bytesCopied: 0, bytesPresent: 0 },
    manifests: { copied: 0, present: 0 },
  };
}
