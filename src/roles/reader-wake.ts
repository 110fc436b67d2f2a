import { futexWake } from "../../ffi/futex.ts";

/**
 * A stream without a frame for this long is quiet: its readers may be waiting. Those of faster frames are in short rests, and a
 * producer of such frames has no time for system calls.
 */
export const QUIET_NS = 250_000;

/** Wakes who waits for the word at an address, see `futexWake`. */
export type WakeWord = (address: number) => void;

/**
 * Wakes the readers of one epoch that wait for its next frame, once its descriptor is there to be read. A busy stream costs no
 * system call.
 */
export class ReaderWake {
  readonly #addressOf: (seq: number) => number;
  readonly #wakeWord: WakeWord;
  /** What readers who have seen everything wait for. */
  #nextSeq = 0;
  #publishedNs = Number.NEGATIVE_INFINITY;

  /** `addressOf` gives the low half of a frame's commit word. */
  constructor(addressOf: (seq: number) => number, wakeWord: WakeWord = futexWake) {
    this.#addressOf = addressOf;
    this.#wakeWord = wakeWord;
  }

  /** The descriptors up to that of frame `seq` were published, at `nowNs` or soon after. */
  published(seq: number, nowNs: number): void {
    if (seq < this.#nextSeq) return;
    // Not the frame's own word: those before it may have been given up, and readers wait for the first that they did not see.
    if (nowNs - this.#publishedNs > QUIET_NS) this.#wakeWord(this.#addressOf(this.#nextSeq));
    this.#nextSeq = seq + 1;
    this.#publishedNs = nowNs;
  }
}
