import { fdatasync } from "node:fs";
import type { Part } from "./part.ts";

/** Pages are released in slices, so that no cycle takes long. */
const SLICE_BYTES = 32 * 1024 * 1024;
const MIN_STEP_BYTES = 16 * 1024 * 1024;

/**
 * Keeps a part's page cache below a limit: written data is flushed to the disk outside the duty cycle, and its pages are then released.
 * Uses `fdatasync` in a thread instead of `sync_file_range`, which can block for as long as the disk does.
 */
export class PageCache {
  readonly #part: Part;
  readonly #limitBytes: number;
  readonly #stepBytes: number;
  readonly #onError: (error: unknown) => void;
  #syncedTo = 0;
  #forgottenTo = 0;
  #isSyncing = false;

  constructor(part: Part, limitBytes: number, onError: (error: unknown) => void) {
    this.#part = part;
    this.#limitBytes = limitBytes;
    this.#stepBytes = Math.max(MIN_STEP_BYTES, Math.floor(limitBytes / 4));
    this.#onError = onError;
  }

  /** True while so much is unwritten that no more data is accepted. */
  get isFull(): boolean {
    return this.#part.offset - this.#syncedTo > this.#limitBytes;
  }

  doWork(): number {
    if (this.#forgottenTo < this.#syncedTo) {
      const byteLength = Math.min(SLICE_BYTES, this.#syncedTo - this.#forgottenTo);
      this.#part.forget(this.#forgottenTo, byteLength);
      this.#forgottenTo += byteLength;
      return 1;
    }
    if (this.#isSyncing || this.#part.offset - this.#syncedTo < this.#stepBytes) return 0;
    this.#isSyncing = true;
    const upTo = this.#part.offset;
    fdatasync(this.#part.fd, (error) => {
      this.#isSyncing = false;
      if (error === null) this.#syncedTo = upTo;
      else this.#onError(error);
    });
    return 1;
  }

  /** Resolves once no running call uses the file. */
  async settled(): Promise<void> {
    while (this.#isSyncing) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
