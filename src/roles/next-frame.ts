import { FutexWait, futexWait } from "../../ffi/futex.ts";
import { LONGEST_WAIT_NS, type WaitPoint } from "../core/wait-point.ts";
import { type DescriptorIntake, NO_SEQ } from "./descriptor-intake.ts";
import type { FrameReader } from "./frame-reader.ts";
import { QUIET_NS } from "./reader-wake.ts";

/** The time after which producers count as quiet, plus a margin for frames whose descriptors follow some time after their claim. */
const EXPECTED_AFTER_NS = QUIET_NS + 150_000;

/** The mapped epoch and its commit words. */
export interface WordReaders {
  readonly reader: Pick<FrameReader, "wordOf" | "wordAddressOf" | "isUntouched"> | null;
  /** True if no frame will follow. */
  readonly hasEnded: boolean;
}

/** The received descriptors. */
export type Descriptors = Pick<DescriptorIntake, "length" | "newestSeq" | "isFromStart">;

/** Waits for a word to change, see `futexWait`. */
export type WaitForWord = typeof futexWait;

/**
 * The next frame of a stream as a wait condition: the commit word of its slot. The producer changes the word when it claims the frame, and
 * wakes the readers waiting on it when it has published the descriptor (see `ReaderWake`). Other producers may not wake readers: until a
 * producer has ended a wait, no wait is longer than an idle pause.
 */
export class NextFrame implements WaitPoint {
  readonly #mapping: WordReaders;
  readonly #descriptors: Descriptors;
  readonly #waitForWord: WaitForWord;
  #reader: WordReaders["reader"] = null;
  #newestSeq: number | null = null;
  #movedNs = 0;
  #seq = 0;
  /** Set by `arm`; the address is 0 before. */
  #address = 0;
  #word = 0;
  /** Whether the producer ends waits that begin before, and after, the frame was claimed. */
  readonly #areWoken = [false, false];
  #isClaimed = 0;
  #hasTimedOut = false;
  #isRefused = false;

  constructor(mapping: WordReaders, descriptors: Descriptors, waitForWord: WaitForWord = futexWait) {
    this.#mapping = mapping;
    this.#descriptors = descriptors;
    this.#waitForWord = waitForWord;
  }

  /**
   * This object as a wait point; null while frames are available, the next frame is unknown, or its producer would not consider the stream
   * quiet.
   */
  pointAt(nowNs: number): WaitPoint | null {
    const { reader, hasEnded } = this.#mapping;
    if (reader !== this.#reader) this.#begin(reader);
    const { length, newestSeq, isFromStart } = this.#descriptors;
    if (newestSeq !== this.#newestSeq) this.#moveOn(newestSeq, nowNs);
    if (this.#isRefused || reader === null || hasEnded || length > 0) return null;
    if (newestSeq === NO_SEQ && !isFromStart) return null;
    return nowNs - this.#movedNs >= EXPECTED_AFTER_NS ? this : null;
  }

  arm(): boolean {
    const reader = this.#reader;
    if (reader === null) return false;
    const committed = this.#seq * 2;
    const word = reader.wordOf(this.#seq);
    this.#word = word % 0x1_0000_0000;
    this.#address = reader.wordAddressOf(this.#seq);
    // Being written, or an older frame's word: it will change. Committed: its descriptor arrives at once, or never.
    return word === committed + 1 || word < committed || (this.#seq === 0 && reader.isUntouched);
  }

  wait(restNs: number): boolean {
    // Armed for an epoch that has since ended.
    if (this.#address === 0) return true;
    this.#isClaimed = this.#word % 2;
    const limitNs = this.#areWoken[this.#isClaimed] === true ? LONGEST_WAIT_NS : Math.min(restNs, LONGEST_WAIT_NS);
    const end = this.#waitForWord(this.#address, this.#word, limitNs);
    this.#hasTimedOut = end === FutexWait.TIMED_OUT;
    if (end === FutexWait.WOKEN) this.#areWoken[this.#isClaimed] = true;
    else if (end === FutexWait.REFUSED) this.#isRefused = true;
    return end === FutexWait.WOKEN || end === FutexWait.CHANGED;
  }

  /** Another epoch or none: a different producer and different memory. */
  #begin(reader: WordReaders["reader"]): void {
    this.#reader = reader;
    this.#newestSeq = null;
    this.#address = 0;
    this.#areWoken.fill(false);
    this.#hasTimedOut = false;
  }

  #moveOn(newestSeq: number, nowNs: number): void {
    // A frame that arrived when the wait had timed out arrived without a wake-up.
    if (this.#hasTimedOut) this.#areWoken[this.#isClaimed] = false;
    this.#hasTimedOut = false;
    this.#newestSeq = newestSeq;
    this.#movedNs = nowNs;
    this.#seq = newestSeq + 1;
  }
}
