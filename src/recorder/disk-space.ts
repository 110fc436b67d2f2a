import { statfs } from "node:fs/promises";
import { messageOf } from "../core/errors.ts";
import type { PartSequence, Report } from "./part-sequence.ts";
import type { RecordingOptions } from "./recording-options.ts";

/** Tracks the free disk space, and decides whether the oldest parts must be removed. */
export class DiskSpace {
  readonly #options: RecordingOptions;
  readonly #parts: PartSequence;
  readonly #report: Report;
  #isLooking = false;
  /** Infinity until it is known. */
  freeBytes = Number.POSITIVE_INFINITY;
  /** Space that must stay free. */
  minFreeBytes = 0;

  constructor(options: RecordingOptions, parts: PartSequence, report: Report) {
    this.#options = options;
    this.#parts = parts;
    this.#report = report;
  }

  /** Checks the space unless a check is running; `isFull`: a part must be removed in any case. Calls back with the result. */
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
