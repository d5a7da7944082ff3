import type { Blob } from "../core/model/descriptor.ts";
import type { Plan } from "../core/model/plan.ts";
import { Bars } from "./bars.ts";
import { Lines } from "./lines.ts";

/** Told what happens while an image is copied. */
export interface Progress {
  /** Something to know that stays on the screen, in one line. */
  note(line: string): void;
  /** What is being done from now on, in a few words. */
  doing(what: string): void;
  planned(plan: Plan): void;
  /** The destination has the first `at` bytes of a blob. */
  copied(blob: Blob, at: number): void;
  /** Leaves the screen as others may write to it. Nothing follows. */
  end(): void;
}

/** Progress on standard error: bars on a terminal, elsewhere lines that read well in a log. */
export function openProgress(stream: NodeJS.WriteStream, terminal = process.env["TERM"]): Progress {
  return stream.isTTY && terminal !== "dumb" ? new Bars(stream, Date.now) : new Lines(stream, Date.now);
}
