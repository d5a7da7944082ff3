import type { Destination, Sides, Source } from "../../core/ports.ts";

/** The same two sides for every request, or what opens the source anew each time. */
export function sidesOf(source: Source | (() => Source), destination: Destination): Sides {
  return {
    source: () => (typeof source === "function" ? source() : source),
    destination: () => destination,
  };
}
