import type { LocalAws } from "../../local/aws.ts";
import type { CallRecord } from "../../local/http.ts";
import type { Repository } from "./repository.ts";

/** A part that was sent to a repository. */
export interface SentPart {
  readonly upload: string;
  readonly first: number;
  readonly last: number;
  /** Whether the destination has put it behind what it had. */
  readonly taken: boolean;
}

/** The calls to ECR about one repository. */
export function ecrCalls({ aws, account, region, name }: Repository): CallRecord[] {
  return aws.calls.filter(
    (call) =>
      call.service === "ecr" &&
      call.account === account &&
      call.region === region &&
      call.detail["repositoryName"] === name,
  );
}

/** The names of the ECR operations that were called on a repository, in order. */
export function operations(repository: Repository): string[] {
  return ecrCalls(repository).map(({ operation }) => operation);
}

/** Every part that was sent to a repository, answered or not. One byte that was refused was a question where the upload stands. */
export function sentParts(repository: Repository): SentPart[] {
  return ecrCalls(repository)
    .filter(({ operation }) => operation === "UploadLayerPart")
    .map(({ detail, status }) => ({
      upload: String(detail["uploadId"]),
      first: Number(detail["partFirstByte"]),
      last: Number(detail["partLastByte"]),
      taken: status === 200,
    }))
    .filter(({ first, last, taken }) => taken || last > first);
}

/** How many bytes were sent in parts, taken or not. */
export function bytesSent(repository: Repository): number {
  return sentParts(repository).reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

/** Checks that so many layers were sent, each in one upload and each byte of it once. */
export function expectSentOnce(repository: Repository, blobs: Iterable<{ size: number }>): void {
  const sizes = [...blobs].map(({ size }) => size).toSorted((a, b) => a - b);
  const uploads = Map.groupBy(sentParts(repository), ({ upload }) => upload);
  const sent = [...uploads.values()].map((parts) => {
    const ordered = parts.toSorted((a, b) => a.first - b.first);
    const gapless = ordered.every(
      ({ first }, at) => first === (at === 0 ? 0 : (ordered[at - 1]?.last ?? 0) + 1),
    );
    return gapless ? (ordered.at(-1)?.last ?? 0) + 1 : Number.NaN;
  });
  expect(sent.toSorted((a, b) => a - b)).toEqual(sizes);
}

/** How often a function was invoked. */
export function invocations(aws: LocalAws, functionName: string): number {
  const name = (detail: CallRecord["detail"]) => String(detail["functionName"]);
  return aws.calls.filter(
    ({ service, detail }) => service === "lambda" && name(detail).includes(functionName),
  ).length;
}
