import { futexWake } from "../../ffi/futex.ts";

/**
 * A stream without a frame for this long is quiet: its readers may be waiting. Readers of faster streams only pause briefly, and producers
 * of such streams have no time for system calls.
 */
export const QUIET_NS = 250_000;

/** Wakes the threads that wait for the word at an address, see `futexWake`. */
export type WakeWord = (address: number) => void;

/** Wakes the readers of one epoch that wait for its next frame, once its descriptor can be read. A busy stream makes no system calls. */
export class ReaderWake {
  readonly #addressOf: (seq: number) => number;
  readonly #wakeWord: WakeWord;
  /** The frame that readers wait for if they have seen everything. */
  #nextSeq = 0;
  #publishedNs = Number.NEGATIVE_INFINITY;

  /** `addressOf` returns the address of the low half of a frame's commit word. */
  constructor(addressOf: (seq: number) => number, wakeWord: WakeWord = futexWake) {
    this.#addressOf = addressOf;
    this.#wakeWord = wakeWord;
  }

  /** The descriptors up to that of frame `seq` were published, at `nowNs` or soon after. */
  published(seq: number, nowNs: number): void {
    if (seq < this.#nextSeq) return;
    // Not the frame's own word: earlier frames may have been aborted, and readers wait for the first that they did not see.
    if (nowNs - this.#publishedNs > QUIET_NS) this.#wakeWord(this.#addressOf(this.#nextSeq));
    this.#nextSeq = seq + 1;
    this.#publishedNs = nowNs;
  }
}
