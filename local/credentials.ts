import { randomBytes, timingSafeEqual } from "node:crypto";
import { readBody } from "./body.ts";
import type { Call, Caller } from "./http.ts";
import type { Role } from "./iam/roles.ts";
import { Refusal } from "./refusal.ts";
import { type Signed, sha256, signatureOf } from "./signature.ts";

/** Temporary credentials of a role. */
export interface Session {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
  readonly account: string;
  /** `arn:aws:sts::<account>:assumed-role/<role>/<session>`. */
  readonly arn: string;
  /** The access key id of the session that assumed this role: how a call is traced to a function environment. */
  readonly parent?: string | undefined;
}

/** What a new session is made of; `seconds` is how long it lives. */
export interface SessionRequest {
  readonly role: Role;
  readonly name: string;
  readonly seconds: number;
  readonly parent?: string | undefined;
}

// The largest body whose hash is computed when the client did not send it: more than any JSON or form call needs.
const HASHED_BODY_LIMIT = 32 * 1024 * 1024;

/** The access keys that local AWS knows: every account's administrator, and the sessions it gave out. */
export class Credentials {
  readonly #sessions = new Map<string, Session>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Gives out a session of a role. */
  issue({ role, name, seconds, parent }: SessionRequest): Session {
    const session: Session = {
      accessKeyId: `ASIA${randomBytes(10).toString("hex").toUpperCase().slice(0, 16)}`,
      secretAccessKey: randomBytes(30).toString("base64"),
      sessionToken: randomBytes(96).toString("base64"),
      expiration: new Date(this.#now() + seconds * 1000),
      account: role.account,
      arn: `arn:aws:sts::${role.account}:assumed-role/${role.name}/${name}`,
      parent,
    };
    this.#sessions.set(session.accessKeyId, session);
    return session;
  }

  /** The first session in the chain of role assumptions that led to this access key. */
  origin(accessKeyId: string): string {
    const parent = this.#sessions.get(accessKeyId)?.parent;
    return parent ? this.origin(parent) : accessKeyId;
  }

  /** Who signed the call; throws UnrecognizedClientException, ExpiredTokenException or InvalidSignatureException. */
  async caller(call: Call, signed: Signed): Promise<{ caller: Caller; body: Call["body"] }> {
    const { accessKeyId, region } = signed;
    if (/^\d{12}$/.test(accessKeyId)) {
      return {
        caller: { account: accessKeyId, region, arn: `arn:aws:iam::${accessKeyId}:root`, accessKeyId },
        body: call.body,
      };
    }
    const session = this.#session(accessKeyId, call.headers["x-amz-security-token"]);
    const { hash, body } = await payloadHash(call);
    const expected = Buffer.from(signatureOf(call, signed, session.secretAccessKey, hash));
    if (!timingSafeEqual(expected, Buffer.from(signed.signature))) throw invalidSignature();
    return { caller: { account: session.account, region, arn: session.arn, accessKeyId }, body };
  }

  #session(accessKeyId: string, token: string | undefined): Session {
    const session = this.#sessions.get(accessKeyId);
    if (!session || session.sessionToken !== token) {
      throw new Refusal(
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
      );
    }
    if (session.expiration.getTime() <= this.#now()) {
      throw new Refusal("ExpiredTokenException", "The security token included in the request is expired");
    }
    return session;
  }
}

/** The hash that was signed, and the body to read: hashing it here consumes the original. */
async function payloadHash(call: Call): Promise<{ hash: string; body: Call["body"] }> {
  const declared = call.headers["x-amz-content-sha256"];
  if (declared) return { hash: declared, body: call.body };
  const bytes = await readBody(call, HASHED_BODY_LIMIT);
  return {
    hash: sha256(bytes),
    body: (async function* () {
      yield bytes;
    })(),
  };
}

function invalidSignature(): Refusal {
  return new Refusal(
    "InvalidSignatureException",
    "The request signature we calculated does not match the signature you provided.",
  );
}
