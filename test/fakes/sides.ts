import type { Request } from "../../core/model/request.ts";
import type { Destination, Pin, Sides, Source } from "../../core/ports.ts";

/** A source for every request, or what opens one anew each time, as functions do. */
export type AnySource = Source | ((request: Request, pin?: Pin) => Source);

/** A destination for every request, or one for each. */
export type AnyDestination = Destination | ((request: Request) => Destination);

/** The two sides as a plan opens them. */
export function sidesOf(source: AnySource, destination: AnyDestination): Sides {
  return {
    source: (request, pin) => (typeof source === "function" ? source(request, pin) : source),
    destination: (request) => (typeof destination === "function" ? destination(request) : destination),
  };
}
