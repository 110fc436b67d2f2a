import { statfs } from "node:fs/promises";
import { messageOf } from "../core/errors.ts";
import type { PartSequence, Report } from "./part-sequence.ts";
import type { RecordingOptions } from "./recording-options.ts";

/** How much room the disk has, and whether the oldest parts have to go. */
export class DiskSpace {
  readonly #options: RecordingOptions;
  readonly #parts: PartSequence;
  readonly #report: Report;
  #isLooking = false;
  /** Infinite while it is not known. */
  freeBytes = Number.POSITIVE_INFINITY;
  /** What has to stay free. */
  minFreeBytes = 0;

  constructor(options: RecordingOptions, parts: PartSequence, report: Report) {
    this.#options = options;
    this.#parts = parts;
    this.#report = report;
  }

  /** Looks, unless that is being done; `isFull`: a part has to go in any case. Calls back with what there is. */
  look(isFull: boolean, done: () => void): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    void this.#look(isFull).then((isKnown) => {
      this.#isLooking = false;
      if (isKnown) done();
    });
  }

  async #look(isFull: boolean): Promise<boolean> {
    const { keepBytes, minFree } = this.#options;
    const { names, open } = this.#parts;
    try {
      if (keepBytes !== undefined) {
        const removed = await names.removeOldest(keepBytes, open, isFull);
        for (const path of removed) this.#report("info", `removed ${path}, the oldest part`);
      }
      const { bavail, bsize, blocks } = await statfs(names.folder);
      this.freeBytes = bavail * bsize;
      this.minFreeBytes = "bytes" in minFree ? minFree.bytes : minFree.fraction * blocks * bsize;
      return true;
    } catch (error) {
      this.#report("warn", `${names.folder} cannot be examined: ${messageOf(error)}`);
      return false;
    }
  }
}
