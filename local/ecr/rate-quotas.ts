import type { CallRecord } from "../http.ts";
import { operations } from "./operations.ts";

type RatedCall = Pick<CallRecord, "service" | "operation" | "account" | "region">;

interface Bucket {
  tokens: number;
  /** Milliseconds. */
  filledAt: number;
}

// The registry is a front of the API, and shares its quotas (ECR user guide, "Amazon ECR service quotas").
const REGISTRY_OPERATIONS: Readonly<Record<string, string>> = {
  "HEAD blob": "BatchCheckLayerAvailability",
  "GET blob": "GetDownloadUrlForLayer",
  "POST uploads": "InitiateLayerUpload",
  "PATCH upload": "UploadLayerPart",
  "PUT upload": "CompleteLayerUpload",
  "HEAD manifest": "BatchGetImage",
  "GET manifest": "BatchGetImage",
  "PUT manifest": "PutImage",
};

/** How many calls of an operation ECR takes in a second of an account in a region; a second's worth may come at once. */
export class RateQuotas {
  readonly #rates: Readonly<Record<string, number>>;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** `rates` is calls a second by operation; throws an Error for what is no operation of ECR or no positive number. */
  constructor(rates: Readonly<Record<string, number>> = {}, now: () => number = () => performance.now()) {
    for (const [operation, rate] of Object.entries(rates)) check(operation, rate);
    this.#rates = rates;
    this.#now = now;
  }

  /** Counts a call; whether it is one too many. */
  exceeds({ service, operation, account, region }: RatedCall): boolean {
    const name = service === "registry" ? REGISTRY_OPERATIONS[operation] : operation;
    const rate = service === "ecr" || service === "registry" ? this.#rates[name ?? ""] : undefined;
    if (rate === undefined) return false;
    const bucket = this.#filled([name, account, region].join("/"), rate);
    if (bucket.tokens < 1) return true;
    bucket.tokens -= 1;
    return false;
  }

  #filled(key: string, rate: number): Bucket {
    const now = this.#now();
    const most = Math.max(1, rate);
    const bucket = this.#buckets.get(key) ?? { tokens: most, filledAt: now };
    bucket.tokens = Math.min(most, bucket.tokens + ((now - bucket.filledAt) / 1000) * rate);
    bucket.filledAt = now;
    this.#buckets.set(key, bucket);
    return bucket;
  }
}

function check(operation: string, rate: number): void {
  if (!operations.has(operation))
    throw new Error(`rates has ${operation}; an operation of ECR such as PutImage would be accepted`);
  if (!(Number.isFinite(rate) && rate > 0))
    throw new Error(`rates.${operation} is ${rate}; a number of calls a second above 0 would be accepted`);
}
