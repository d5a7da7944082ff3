import { RateQuotas } from "./ecr/rate-quotas.ts";
import type { FaultEffect, Faults } from "./faults.ts";
import type { Call, CallRecord, Identify, Reply } from "./http.ts";
import { Refusal } from "./refusal.ts";
import type { Route } from "./route.ts";

/** One call on its way: what is known of it, and the fault or the quota that struck it. */
export class Exchange {
  readonly call: Call;
  readonly #faults: Faults;
  readonly #rates: RateQuotas;
  route: Route | undefined;
  accessKeyId: string | undefined;
  effect: FaultEffect | undefined;
  #entry = { operation: "", account: "", region: "", detail: {} as CallRecord["detail"] };

  constructor(call: Call, faults: Faults, rates: RateQuotas = new RateQuotas()) {
    this.call = call;
    this.#faults = faults;
    this.#rates = rates;
  }

  /** Given to the service; throws when a fault is to strike before the work, or when it is a call too many. */
  readonly identify: Identify = (operation, detail, caller) => {
    const { account, region } = caller;
    this.#entry = { operation, detail, account, region };
    const identified = { service: this.route?.service ?? "", ...this.#entry };
    this.effect = this.#faults.take(identified);
    if (!this.effect && this.#rates.exceeds(identified)) this.effect = { fault: "throttle" };
    if (this.stopped) throw this.refusal();
  };

  /** Whether the fault keeps the work from being done, whatever the service made of what `identify` threw. */
  get stopped(): boolean {
    const { effect } = this;
    if (!effect) return false;
    return effect.fault === "kill" ? effect.before : !["lostAnswer", "brokenRead"].includes(effect.fault);
  }

  /** Whether nothing at all is answered. */
  get silent(): boolean {
    return this.effect?.fault === "kill" || this.effect?.fault === "lostAnswer";
  }

  /** The refusal that the fault asks for. */
  refusal(): Refusal {
    const action = `${this.route?.service}:${this.#entry.operation}`;
    switch (this.effect?.fault) {
      case "throttle":
        return new Refusal("ThrottlingException", "Rate exceeded");
      case "accessDenied":
        return new Refusal(
          "AccessDeniedException",
          `User is not authorized to perform: ${action} with an explicit deny (a fault on demand)`,
        );
      case "expiredUrl":
        return new Refusal("AccessDenied", "Request has expired", 403);
      default:
        return new Refusal(
          "ServerException",
          "These errors are usually caused by a server-side issue (a fault on demand).",
          500,
        );
    }
  }

  /** The entry for the record of calls. */
  record(reply: Reply): CallRecord {
    const { operation, ...rest } = this.#entry;
    const { service = "unknown", operation: first = this.call.method } = this.route ?? {};
    const error = this.silent || this.effect?.fault === "brokenRead" ? this.effect?.fault : reply.error;
    return {
      service,
      operation: operation || first,
      ...rest,
      status: this.silent ? 0 : reply.status,
      ...(error && { error }),
    };
  }
}
