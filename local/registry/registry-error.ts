import { EcrError } from "../ecr/errors.ts";
import type { Reply } from "../http.ts";

/** A refusal in the form of the OCI distribution specification ("Error Codes"). */
export class RegistryError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = code;
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** How ECR's registry endpoint was seen to answer what its API refuses; the rest is by analogy. */
const statuses: Readonly<Record<string, readonly [number, string]>> = {
  InvalidParameterException: [405, "UNSUPPORTED"],
  RepositoryNotFoundException: [404, "NAME_UNKNOWN"],
  LayersNotFoundException: [404, "BLOB_UPLOAD_UNKNOWN"],
  LayerInaccessibleException: [404, "BLOB_UNKNOWN"],
  ReferencedImagesNotFoundException: [404, "MANIFEST_BLOB_UNKNOWN"],
  ImageDigestDoesNotMatchException: [400, "MANIFEST_INVALID"],
  ImageTagAlreadyExistsException: [400, "TAG_INVALID"],
  ImageReferencedByManifestList: [403, "DENIED"],
  ImageNotFound: [404, "MANIFEST_UNKNOWN"],
  UploadNotFoundException: [404, "BLOB_UPLOAD_UNKNOWN"],
  // A layer without bytes cannot be stored: ECR was seen to fail on it with 500.
  EmptyUploadException: [500, "BLOB_UPLOAD_INVALID"],
  InvalidLayerException: [400, "BLOB_UPLOAD_INVALID"],
  InvalidLayerPartException: [416, "BLOB_UPLOAD_INVALID"],
  LayerPartTooSmallException: [400, "BLOB_UPLOAD_INVALID"],
  LimitExceededException: [403, "DENIED"],
};

/** The answer to a refused request; errors that are no refusal are thrown on. */
export function refusal(error: unknown): Reply {
  if (error instanceof RegistryError) return reply(error, error.code);
  if (!(error instanceof EcrError)) throw error;
  const [status, code] = statuses[error.name] ?? [400, "UNKNOWN"];
  return reply(new RegistryError(status, code, error.message), error.name);
}

function reply({ status, code, message, headers }: RegistryError, name: string): Reply {
  const body = JSON.stringify({ errors: [{ code, message }] });
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body,
    error: name,
  };
}
