import { eachAtOnce } from "../core/concurrently.ts";
import type { Report } from "../core/model/report.ts";
import type { MapRun } from "./map-run.ts";

/** How many executions are asked at once. */
const asking = 5;

/** How many pages of executions are looked through for such as have not been asked. */
const maxPages = 3;

/** The bytes that the images of a Map Run have come to, by the reports of those that are done, of which a few are asked at a time. */
export class MapRunBytes {
  readonly #mapRun: Pick<MapRun, "children" | "describeChild">;
  readonly #asked = new Set<string>();
  #sum = 0;
  #succeeded = 0;

  constructor(mapRun: Pick<MapRun, "children" | "describeChild">) {
    this.#mapRun = mapRun;
  }

  /** Whether all that are done have been asked; else `bytes` goes by those that were. */
  get isExact(): boolean {
    return this.#asked.size >= this.#succeeded;
  }

  get bytes(): number {
    return this.#asked.size === 0 ? 0 : Math.round((this.#sum / this.#asked.size) * this.#succeeded);
  }

  /** Asks some of those that are done, of which there are so many. Throws Failure. */
  async readOn(succeeded: number, most: number): Promise<void> {
    this.#succeeded = succeeded;
    if (this.isExact) return;
    const wanted: string[] = [];
    let pages = 0;
    for await (const page of this.#mapRun.children("SUCCEEDED")) {
      wanted.push(...page.filter((arn) => !this.#asked.has(arn)));
      if (wanted.length >= most || ++pages === maxPages) break;
    }
    await eachAtOnce(asking, wanted.slice(0, most), async (arn) => {
      const { output = "{}" } = await this.#mapRun.describeChild(arn);
      const { layers } = JSON.parse(output) as Partial<Report>;
      this.#sum += layers?.bytesCopied ?? 0;
      this.#asked.add(arn);
    });
  }
}
