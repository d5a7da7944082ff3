import { readBody } from "../body.ts";
import type { BusEvent } from "../events/event.ts";
import type { Authorize, Call, Identify, Reply, Service } from "../http.ts";
import { Refusal, refusalReply } from "../refusal.ts";
import { element, type XmlValue } from "../xml.ts";
import type { Bucket, StoredObject } from "./bucket.ts";
import type { BucketStore } from "./bucket-store.ts";
import { storeContent } from "./content.ts";
import { listObjects } from "./list-objects.ts";
import { MultipartUploads } from "./multipart.ts";
import { eventBridgeIn, notificationConfiguration } from "./notification.ts";
import { type Creation, objectCreated } from "./object-created.ts";
import { objectReply } from "./object-reply.ts";
import { type S3Operation, type S3Request, s3RequestOf } from "./request.ts";

type Handler = (request: S3Request) => Promise<Reply> | Reply;

/** What the service works on. */
export interface S3Dependencies {
  readonly buckets: BucketStore;
  readonly authorize: Authorize;
  /** Takes an event to the default bus. */
  readonly emit: (event: BusEvent) => void;
}

/** S3 with path-style addresses, by REST over XML. */
export class S3Service implements Service {
  readonly #buckets: BucketStore;
  readonly #authorize: Authorize;
  readonly #emit: S3Dependencies["emit"];
  readonly #uploads = new MultipartUploads();

  constructor({ buckets, authorize, emit }: S3Dependencies) {
    this.#buckets = buckets;
    this.#authorize = authorize;
    this.#emit = emit;
  }

  async handle(call: Call, identify: Identify): Promise<Reply> {
    if (!call.caller) return refusalReply(new Refusal("AccessDenied", "Access Denied", 403), "s3");
    const request = s3RequestOf(call);
    if (request instanceof Refusal) return refusalReply(request, "s3");
    await identify(
      request.operation,
      { ...(request.bucket && { bucket: request.bucket }), ...(request.key && { key: request.key }) },
      call.caller,
    );
    try {
      this.#authorize(call.caller, request.action, request.resource);
      const reply = await this.#handlers[request.operation](request);
      return { ...reply, headers: { "x-amz-request-id": request.requestId, ...reply.headers } };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const reply = refusalReply(error, "s3");
      return call.method === "HEAD" || reply.status === 304 ? { ...reply, body: undefined } : reply;
    }
  }

  readonly #handlers: Record<S3Operation, Handler> = {
    ListBuckets: ({ caller }) =>
      xml("ListAllMyBucketsResult", bucketsOf(this.#buckets.of(caller.account), caller.account)),
    CreateBucket: ({ bucket, caller }) => {
      this.#buckets.create({ name: bucket, owner: caller.account, region: caller.region });
      return { status: 200, headers: { location: `/${bucket}` } };
    },
    HeadBucket: (request) => ({
      status: 200,
      headers: { "x-amz-bucket-region": this.#own(request).identity.region },
    }),
    PutBucketNotificationConfiguration: async (request) => {
      const text = (await readBody(request.call, 1024 * 1024)).toString("utf8");
      this.#own(request).eventBridge = eventBridgeIn(text);
      return { status: 200 };
    },
    GetBucketNotificationConfiguration: (request) =>
      xml("NotificationConfiguration", notificationConfiguration(this.#own(request).eventBridge)),
    ListObjectsV2: (request) => xml("ListBucketResult", listObjects(this.#own(request), request.call.query)),
    GetObject: (request) => this.#read(request),
    HeadObject: (request) => this.#read(request),
    PutObject: (request) => this.#put(request),
    DeleteObject: (request) => {
      this.#own(request).delete(request.key);
      return { status: 204 };
    },
    CreateMultipartUpload: async (request) => {
      const UploadId = await this.#uploads.open(this.#own(request), request.key, keptHeaders(request.call));
      return xml("InitiateMultipartUploadResult", { Bucket: request.bucket, Key: request.key, UploadId });
    },
    UploadPart: async (request) => {
      this.#own(request);
      const content = await storeContent(request.call, this.#uploads.directory(request.uploadId));
      return {
        status: 200,
        headers: { etag: await this.#uploads.addPart(request.uploadId, request.partNumber, content) },
      };
    },
    CompleteMultipartUpload: async (request) => {
      const bucket = this.#own(request);
      const object = await this.#uploads.complete(
        request.uploadId,
        partsIn(await readBody(request.call, 4 * 1024 * 1024)),
      );
      this.#created(request, { bucket, object, reason: "CompleteMultipartUpload" });
      return xml("CompleteMultipartUploadResult", {
        Bucket: request.bucket,
        Key: request.key,
        ETag: object.etag,
      });
    },
    AbortMultipartUpload: async (request) => {
      this.#own(request);
      await this.#uploads.abort(request.uploadId);
      return { status: 204 };
    },
  };

  /** The bucket, if it is the caller's account's: local AWS has no bucket policies that could open one to another. */
  #own({ bucket, caller }: S3Request): Bucket {
    const found = this.#buckets.get(bucket);
    if (found.identity.owner !== caller.account) throw new Refusal("AccessDenied", "Access Denied", 403);
    return found;
  }

  #read(request: S3Request): Reply {
    const bucket = this.#own(request);
    const object = bucket.find(request.key);
    if (object) return objectReply(request.call, bucket, object);
    // Without the right to list, S3 does not even tell that a key is missing.
    this.#authorize(request.caller, "s3:ListBucket", `arn:aws:s3:::${request.bucket}`);
    throw new Refusal("NoSuchKey", "The specified key does not exist.", 404);
  }

  async #put(request: S3Request): Promise<Reply> {
    const { call, key } = request;
    const bucket = this.#own(request);
    const content = await storeContent(call, bucket.directory);
    if (call.headers["if-none-match"] === "*" && bucket.find(key)) {
      throw new Refusal(
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
        412,
      );
    }
    const object = bucket.put(key, content, { etag: `"${content.md5}"`, headers: keptHeaders(call) });
    this.#created(request, { bucket, object, reason: "PutObject" });
    return { status: 200, headers: { etag: object.etag } };
  }

  #created({ requestId, caller }: S3Request, creation: Pick<Creation, "bucket" | "object" | "reason">): void {
    if (!creation.bucket.eventBridge) return;
    this.#emit(objectCreated({ ...creation, requestId, requester: caller.account }));
  }
}

function keptHeaders({ headers }: Call): StoredObject["headers"] {
  const kept = Object.entries(headers).filter(
    ([name]) => name.startsWith("x-amz-meta-") || ["cache-control", "content-disposition"].includes(name),
  );
  const encoding = headers["content-encoding"]
    ?.split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "aws-chunked")
    .join(", ");
  const type = { "content-type": headers["content-type"] ?? "binary/octet-stream" };
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    ...type,
    ...(encoding && { "content-encoding": encoding }),
  };
}

function partsIn(body: Buffer): { number: number; etag: string }[] {
  return [...body.toString("utf8").matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = ""]) => ({
    number: Number(/<PartNumber>(\d+)</.exec(part)?.[1]),
    etag: (/<ETag>(.*?)<\/ETag>/.exec(part)?.[1] ?? "").replace(/&quot;|&#34;|"/g, ""),
  }));
}

function bucketsOf(buckets: readonly Bucket[], owner: string): XmlValue {
  return {
    Owner: { ID: owner },
    Buckets: {
      Bucket: buckets.map(({ identity }) => ({
        Name: identity.name,
        CreationDate: "2026-01-01T00:00:00.000Z",
      })),
    },
  };
}

function xml(name: string, value: XmlValue): Reply {
  const body = element(name, value, ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"');
  return {
    status: 200,
    headers: { "content-type": "application/xml" },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
  };
}
