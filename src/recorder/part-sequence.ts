import { messageOf } from "../core/errors.ts";
import { PageCache } from "./page-cache.ts";
import { Part } from "./part.ts";
import { PartNames } from "./part-names.ts";
import { RecorderError } from "./recorder-error.ts";
import type { RecordingOptions } from "./recording-options.ts";

/** The next part is opened when this share of the current one is used. */
const OPEN_AHEAD = 0.9;

export type Report = (level: "info" | "warn" | "error", message: string) => void;

/** The files of a recording in sequence: the next is open before the last is completed. */
export class PartSequence {
  readonly names: PartNames;
  /** Paths of the open files. */
  readonly open = new Set<string>();
  readonly #options: RecordingOptions;
  readonly #report: Report;
  readonly #onError: (error: unknown) => void;
  #present: Part | null = null;
  #cache: PageCache | null = null;
  #next: Part | null = null;
  /** The part whose removal was already reported. */
  #nameless: Part | null = null;
  #isOpening = false;
  #mayOpenNs = 0;
  readonly #finishing = new Set<Promise<void>>();
  #completed = 0;

  constructor(options: RecordingOptions, report: Report, onError: (error: unknown) => void) {
    this.#options = options;
    this.#report = report;
    this.#onError = onError;
    this.names = new PartNames(options.path, this.#isSplit || options.flight !== undefined, new Date());
  }

  /** The file being written; null before the first is open, and at the end. */
  get present(): Part | null {
    return this.#present;
  }

  /** Its pages in memory. */
  get cache(): PageCache | null {
    return this.#cache;
  }

  /** Number of files begun. */
  get count(): number {
    return this.#completed + (this.#present === null ? 0 : 1);
  }

  /** Creates the first file. @throws RecorderError */
  async begin(nowNs: number): Promise<void> {
    const path = this.names.next();
    try {
      this.#follow(await Part.create(path, nowNs));
    } catch (error) {
      throw RecorderError.ofOpening(path, error);
    }
  }

  /**
   * Checks that the current file still has its name. A recording of one file that was removed has failed; of several parts, one is lost.
   */
  checkName(): void {
    const part = this.#present;
    if (part === null || part === this.#nameless || part.hasName) return;
    this.#nameless = part;
    if (!this.#isSplit && this.#options.flight === undefined) this.#onError(RecorderError.ofRemoved(part.path));
    else this.#report("warn", `${part.path} was removed while it was written: its frames are lost with it`);
  }

  /** Completes the current file while the next is being written. No write to it is in progress. */
  endPresent(): void {
    const part = this.#present;
    if (part === null) return;
    this.#complete(part);
    this.#present = null;
    this.#cache = null;
  }

  /** True if `moreBytes` no longer belong to the current part, and the next one is open. */
  isOver(nowNs: number, moreBytes: number): boolean {
    const part = this.#present;
    return this.#next !== null && part !== null && part.offset > 0 && this.#isUsed(part, nowNs, 1, moreBytes);
  }

  /** The part for `moreBytes`; no write to another part is in progress. */
  partFor(nowNs: number, moreBytes: number): Part {
    const next = this.#next;
    if (next !== null && this.isOver(nowNs, moreBytes)) {
      this.#next = null;
      this.#complete(this.#present as Part);
      next.openedNs = nowNs;
      this.#follow(next);
      this.#report("info", `continues in ${next.path}`);
    }
    return this.#present as Part;
  }

  doWork(nowNs: number): number {
    const work = this.#cache?.doWork() ?? 0;
    const part = this.#present;
    if (part === null || !this.#isSplit || this.#next !== null || this.#isOpening || part.offset === 0) return work;
    if (nowNs < this.#mayOpenNs || !this.#isUsed(part, nowNs, OPEN_AHEAD, 0)) return work;
    this.#isOpening = true;
    void this.#openNext(nowNs);
    return work + 1;
  }

  /** Completes all files; `isKept` false: removes the current one. No write is in progress. */
  async close(isKept: boolean): Promise<void> {
    while (this.#isOpening) await new Promise((resolve) => setTimeout(resolve, 1));
    await this.#next?.discard();
    this.#next = null;
    const part = this.#present;
    this.#present = null;
    if (part !== null && isKept) this.#complete(part);
    else if (part !== null) {
      await this.#cache?.settled();
      await part.discard();
    }
    await Promise.all(this.#finishing);
  }

  get #isSplit(): boolean {
    return this.#options.splitBytes !== undefined || this.#options.splitNs !== undefined;
  }

  #isUsed(part: Part, nowNs: number, share: number, moreBytes: number): boolean {
    const { splitBytes = Number.POSITIVE_INFINITY, splitNs = Number.POSITIVE_INFINITY } = this.#options;
    return part.offset + moreBytes > splitBytes * share || nowNs - part.openedNs >= splitNs * share;
  }

  #follow(part: Part): void {
    this.#present = part;
    this.open.add(part.path);
    this.#cache = new PageCache(part, this.#options.pageCacheBytes, this.#onError);
  }

  async #openNext(nowNs: number): Promise<void> {
    const path = this.names.next();
    try {
      this.#next = await Part.create(path, nowNs);
      this.open.add(path);
    } catch (error) {
      this.#mayOpenNs = nowNs + 1e9;
      this.#report("warn", `${path} cannot be created: ${messageOf(error)}; the present part continues`);
    } finally {
      this.#isOpening = false;
    }
  }

  #complete(part: Part): void {
    const cache = this.#cache;
    this.#completed++;
    const finishing = (async () => {
      await cache?.settled();
      const failure = await part.finish();
      this.open.delete(part.path);
      if (failure === null) return;
      const next = "`tensorpool record repair` makes one when there is room";
      this.#report("warn", `${part.path} has no index: ${messageOf(failure)}; ${next}`);
    })();
    this.#finishing.add(finishing);
    void finishing.finally(() => this.#finishing.delete(finishing));
  }
}
