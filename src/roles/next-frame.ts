import { FutexWait, futexWait } from "../../ffi/futex.ts";
import { LONGEST_WAIT_NS, type WaitPoint } from "../core/wait-point.ts";
import { type DescriptorIntake, NO_SEQ } from "./descriptor-intake.ts";
import type { FrameReader } from "./frame-reader.ts";
import { QUIET_NS } from "./reader-wake.ts";

/** As long as producers take for quiet, and a margin for frames whose descriptors come some time after they were claimed. */
const EXPECTED_AFTER_NS = QUIET_NS + 150_000;

/** The epoch that is mapped, and its commit words. */
export interface WordReaders {
  readonly reader: Pick<FrameReader, "wordOf" | "wordAddressOf" | "isUntouched"> | null;
  /** True when no frame will follow. */
  readonly hasEnded: boolean;
}

/** The descriptors that have come. */
export type Descriptors = Pick<DescriptorIntake, "length" | "newestSeq" | "isFromStart">;

/** Waits for a word to change, see `futexWait`. */
export type WaitForWord = typeof futexWait;

/**
 * The next frame of a stream as something to wait for: the commit word of its slot, which its producer changes when it claims
 * the frame, and wakes readers by when it has published the descriptor (see `ReaderWake`). Producers of other makes do not wake:
 * until a wait was ended by its producer, none is longer than a rest would be.
 */
export class NextFrame implements WaitPoint {
  readonly #mapping: WordReaders;
  readonly #descriptors: Descriptors;
  readonly #waitForWord: WaitForWord;
  #reader: WordReaders["reader"] = null;
  #newestSeq: number | null = null;
  #movedNs = 0;
  #seq = 0;
  /** What `arm` found; the address is 0 before. */
  #address = 0;
  #word = 0;
  /** Whether waits that begin before, and after, the frame was claimed are ended by its producer. */
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
   * This, to be waited for; null while frames are there, it is not known which one is the next, or its producer would not find the
   * stream quiet.
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
    // Being written, or that of an older frame: it will change. Committed: its descriptor comes at once, or never.
    return word === committed + 1 || word < committed || (this.#seq === 0 && reader.isUntouched);
  }

  wait(restNs: number): boolean {
    // Armed for an epoch that has ended since.
    if (this.#address === 0) return true;
    this.#isClaimed = this.#word % 2;
    const limitNs = this.#areWoken[this.#isClaimed] === true ? LONGEST_WAIT_NS : Math.min(restNs, LONGEST_WAIT_NS);
    const end = this.#waitForWord(this.#address, this.#word, limitNs);
    this.#hasTimedOut = end === FutexWait.TIMED_OUT;
    if (end === FutexWait.WOKEN) this.#areWoken[this.#isClaimed] = true;
    else if (end === FutexWait.REFUSED) this.#isRefused = true;
    return end === FutexWait.WOKEN || end === FutexWait.CHANGED;
  }

  /** Another epoch, or none: another producer, and other memory. */
  #begin(reader: WordReaders["reader"]): void {
    this.#reader = reader;
    this.#newestSeq = null;
    this.#address = 0;
    this.#areWoken.fill(false);
    this.#hasTimedOut = false;
  }

  #moveOn(newestSeq: number, nowNs: number): void {
    // A frame that came while its time was up came unannounced.
    if (this.#hasTimedOut) this.#areWoken[this.#isClaimed] = false;
    this.#hasTimedOut = false;
    this.#newestSeq = newestSeq;
    this.#movedNs = nowNs;
    this.#seq = newestSeq + 1;
  }
}
