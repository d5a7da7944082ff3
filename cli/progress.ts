import { MultiBar, type SingleBar } from "cli-progress";
import type { Blob } from "../core/model/descriptor.ts";
import type { Plan } from "../core/steps/plan.ts";
import { bytes } from "./amount.ts";

/** Told what happens while an image is copied. */
export interface Progress {
  /** Something to know that is not progress, in one line. */
  note(line: string): void;
  planned(plan: Plan): void;
  /** The destination has the first `at` bytes of a blob. */
  copied(blob: Blob, at: number): void;
  end(): void;
}

/** Progress on standard error: bars on a terminal, elsewhere a line for each layer, and one in between every ten seconds. */
export function openProgress(stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? new Bars(stream) : new Lines(stream, Date.now);
}

/** The first digits of a digest: enough to tell layers apart. */
function short({ digest }: Blob): string {
  return digest.slice("sha256:".length, "sha256:".length + 12);
}

class Bars implements Progress {
  readonly #bars: MultiBar;
  readonly #layers = new Map<string, SingleBar>();

  constructor(stream: NodeJS.WriteStream) {
    this.#bars = new MultiBar({
      stream,
      format: "{name}  {bar}  {done} of {size}",
      barCompleteChar: "█",
      barIncompleteChar: "░",
      barsize: 30,
      hideCursor: true,
      clearOnComplete: false,
    });
  }

  note(line: string): void {
    this.#bars.log(`${line}\n`);
  }

  planned(plan: Plan): void {
    for (const blob of plan.tasks.flatMap(({ blobs }) => blobs)) {
      if (!this.#layers.has(blob.digest)) {
        const shown = { name: short(blob), done: bytes(blob.from), size: bytes(blob.size) };
        this.#layers.set(blob.digest, this.#bars.create(blob.size, blob.from, shown));
      }
    }
  }

  copied({ digest }: Blob, at: number): void {
    this.#layers.get(digest)?.update(at, { done: bytes(at) });
  }

  end(): void {
    this.#bars.stop();
  }
}

/** How often a line is written while nothing ends, in milliseconds. */
const interval = 10_000;

class Lines implements Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #now: () => number;
  readonly #at = new Map<string, { blob: Blob; at: number }>();
  #last = 0;

  constructor(stream: NodeJS.WriteStream, now: () => number) {
    this.#stream = stream;
    this.#now = now;
  }

  note(line: string): void {
    this.#write(line);
  }

  planned({ next, tasks, layers }: Plan): void {
    const blobs = tasks.flatMap((task) => task.blobs);
    for (const blob of blobs) this.#at.set(blob.digest, { blob, at: blob.from });
    if (next === "CopyLayers") {
      const size = blobs.reduce((sum, blob) => sum + blob.size, 0);
      this.#write(`copying ${blobs.length} layers, ${bytes(size)}; ${layers.present} are there`);
    }
    if (next === "PutManifests") this.#write("all layers are there; putting manifests");
  }

  copied(blob: Blob, at: number): void {
    this.#at.set(blob.digest, { blob, at });
    const all = [...this.#at.values()];
    const done = all.reduce((sum, layer) => sum + layer.at, 0);
    const size = all.reduce((sum, layer) => sum + layer.blob.size, 0);
    if (at >= blob.size) this.#write(`layer ${short(blob)} copied; ${bytes(done)} of ${bytes(size)}`);
    else if (this.#now() - this.#last > interval) this.#write(`${bytes(done)} of ${bytes(size)}`);
  }

  end(): void {}

  #write(line: string): void {
    this.#last = this.#now();
    this.#stream.write(`${line}\n`);
  }
}
