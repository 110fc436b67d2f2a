import type { BlockMessageHandler } from "../aeron/block-subscription.ts";
import { DESCRIPTOR_FRAME_BYTES } from "../aeron/channel.ts";
import type { Clock } from "../core/clock.ts";
import type { Counter } from "../core/counters.ts";
import { asInteger } from "../core/integer.ts";
import { EVERY_SEQ, framesBetween } from "../protocol/attribute.ts";
import { DESCRIPTOR_PREFIX_WORDS, DESCRIPTOR_WORD } from "../sbe/descriptor-words.ts";
import { FrameDescriptorDecoder, FrameDescriptorEncoder } from "../sbe/generated/control/index.ts";
import { messageKeyAt } from "../sbe/header.ts";
import type { ConsumerCounters } from "./counters.ts";
import { DescriptorQueue } from "./descriptor-queue.ts";
import { EpochAccounts } from "./epoch-accounts.ts";
import type { FrameReader } from "./frame-reader.ts";
import { MAX_SEQ } from "./ring-extent.ts";

/** A CPU core can have about this many cache-line fetches outstanding. */
const MAX_FETCHED = 32;

const TWO_32 = 0x1_0000_0000;

/** No frame: before the first descriptor of an epoch. */
export const NO_SEQ = -1;

/** The part of a mapped ring that the intake uses to verify messages. */
export type ProvingRing = Pick<FrameReader, "nslots" | "isUntouched" | "hasReached" | "newestSeq">;

/**
 * How an epoch ends for its reader. "ended": the owner announced that no frame will follow. "lost": the owner died. "followed": another
 * epoch has begun. "remap": the epoch may continue, and may be mapped again. "forbidden": the same, by order (W-39). "left": the reader
 * closes, and has everything it came for.
 */
export type IntakeEnd = "ended" | "lost" | "followed" | "remap" | "forbidden" | "left";

/**
 * Receives the descriptors of one stream and one epoch, counts the gaps between them (W-19), and keeps those that are still to be handled.
 * Other messages on the Aeron stream are ignored, or counted if they belong to this stream (W-23).
 *
 * Each frame from the first of an epoch to the newest known one has one outcome: it is handed out or counted. The account of an unmapped
 * epoch stays open, see `EpochAccounts`.
 */
export class DescriptorIntake {
  readonly #streamId: number;
  readonly #counters: ConsumerCounters;
  readonly #onSeqBack: (why: string) => void;
  readonly #descriptor = new FrameDescriptorDecoder();
  readonly #accounts: EpochAccounts;
  #queue = new DescriptorQueue(1);
  /** Ring of the mapped epoch; null while there is none. */
  #ring: ProvingRing | null = null;
  #nslots = 0;
  #epoch = 0n;
  #epochHigh = 0;
  #epochLow = 0;
  /** The words with which the epoch's descriptors begin. */
  readonly #prefix = new Int32Array(DESCRIPTOR_PREFIX_WORDS);
  /** The value of `newestSeq` when this epoch was mapped again, and how many of the frames missed since then were counted. */
  #resumedSeq = NO_SEQ;
  #resumedCount = 0;
  #isResumed = false;
  /** Newest frame of the epoch when it was mapped, unless all of its frames count. */
  #mappedSeq = NO_SEQ;
  #seqStep = EVERY_SEQ;
  /** Seq of the last descriptor received. */
  newestSeq = NO_SEQ;
  /** True if all frames of the epoch count, including those before the first descriptor. */
  isFromStart = false;

  /** `onSeqBack`: called if a seq goes back within the epoch; then another writer, or another run of it, sends (W-22). */
  constructor(streamId: number, counters: ConsumerCounters, onSeqBack: (why: string) => void, clock: Clock) {
    this.#streamId = streamId;
    this.#counters = counters;
    this.#onSeqBack = onSeqBack;
    this.#accounts = new EpochAccounts(counters.of.detached, counters.of.tailsUnknown, clock);
  }

  /**
   * Begins an epoch: tracking starts again (W-22), or continues the account of an epoch that was mapped before. If no frame of it was
   * claimed yet, frames missing before the first descriptor are an ordinary gap; a reader that joins later ignores them.
   */
  begin(epoch: bigint, ring: ProvingRing): void {
    const { nslots } = ring;
    this.#ring = ring;
    this.#epoch = epoch;
    this.#epochHigh = Number(epoch >> 32n);
    this.#epochLow = Number(epoch & 0xffff_ffffn);
    this.#nslots = asInteger(nslots);
    const example = new DataView(new ArrayBuffer(FrameDescriptorEncoder.ENCODED_LENGTH));
    new FrameDescriptorEncoder()
      .wrap(example, 0, example.byteLength)
      .setStreamId(this.#streamId)
      .setEpoch(this.#epochHigh, this.#epochLow);
    for (let i = 0; i < DESCRIPTOR_PREFIX_WORDS; i++) this.#prefix[i] = example.getInt32(i * 4, true);
    // Descriptors older than this could no longer be read.
    this.#queue = new DescriptorQueue(nslots);
    const account = this.#accounts.resume(epoch);
    // An account opened by a descriptor alone has a first frame only if the ring still holds it.
    const isResumed = account !== null && (account.newestSeq === NO_SEQ || ring.hasReached(account.newestSeq));
    this.#isResumed = isResumed;
    this.newestSeq = isResumed ? account.newestSeq : NO_SEQ;
    this.isFromStart = isResumed || ring.isUntouched;
    this.#mappedSeq = this.isFromStart ? NO_SEQ : ring.newestSeq(NO_SEQ, true);
    this.#resumedSeq = this.newestSeq;
    this.#resumedCount = isResumed ? account.counted : 0;
  }

  /**
   * Ends the mapped epoch before its ring is unmapped: pending descriptors are dropped (W-22), and frames in the ring after the last
   * descriptor count as not received. A reader that leaves voluntarily counts neither.
   */
  end(end: IntakeEnd): void {
    const ring = this.#ring;
    if (ring === null) return;
    const { of } = this.#counters;
    const cause = end === "forbidden" ? of.skipped : of.detached;
    if (end !== "left") cause.add(this.#queue.length);
    this.#queue.clear();
    this.#ring = null;
    this.#nslots = 0;
    if (end === "left" || !this.#hasAccount) return;
    const isOver = end !== "remap" && end !== "forbidden";
    // A frame that its owner was writing when it died was never published; one aborted before the end is a gap.
    const heardSeq = ring.newestSeq(this.newestSeq, end === "ended");
    if (isOver) this.#countMissing(heardSeq, end === "followed" ? of.detached : of.gap);
    const newestSeq = isOver ? heardSeq : this.newestSeq;
    const counted = this.#isAtResumption ? this.#resumedCount : 0;
    this.#accounts.keep({ epoch: this.#epoch, newestSeq, heardSeq, counted: isOver ? 0 : counted, isOver, cause });
    this.newestSeq = newestSeq;
  }

  /** The reader closes: frames known to have passed while nothing was mapped are counted. */
  close(): void {
    this.#accounts.settle();
  }

  /** Records a producer's report of its newest frame in an epoch that is not mapped; a mapped ring is read directly. */
  onProducerSeq(epoch: bigint, seq: number): void {
    if (seq > MAX_SEQ) this.#counters.of.messagesRefused.increment();
    else this.#accounts.onProducerSeq(epoch, seq);
  }

  /** True if the mapped epoch has a first frame, from which all frames count. */
  get #hasAccount(): boolean {
    return this.newestSeq !== NO_SEQ || this.isFromStart;
  }

  /**
   * Newest frame that the account of the mapped epoch leaves out: every later one is handed out or counted. -1 if all count; null while
   * this is unknown because no descriptor has arrived.
   */
  get joinedSeq(): number | null {
    if (this.isFromStart && !this.#isResumed) return NO_SEQ;
    if (this.length > 0) return this.peek() - 1;
    return this.newestSeq === NO_SEQ ? null : this.newestSeq;
  }

  /** True until a descriptor arrives after the epoch was mapped again. */
  get #isAtResumption(): boolean {
    return this.#isResumed && this.newestSeq === this.#resumedSeq;
  }

  /** Counts the frames after the newest, up to `seq`, under `cause`, unless they passed before the epoch was mapped again. */
  #countMissing(seq: number, cause: Counter): void {
    const missing = seq - this.newestSeq;
    const { detached, skipped } = this.#counters.of;
    if (!this.#isAtResumption) {
      const lost = framesBetween(this.newestSeq, seq, this.#seqStep);
      cause.add(lost);
      skipped.add(missing - lost);
    } else if (missing > this.#resumedCount) detached.add(missing - this.#resumedCount);
  }

  /** True for the two words of the current epoch. */
  isEpoch(high: number, low: number): boolean {
    return this.#nslots !== 0 && high === this.#epochHigh && low === this.#epochLow;
  }

  /** Number of waiting descriptors. */
  get length(): number {
    return this.#queue.length;
  }

  /** Most descriptors that may wait: older ones could no longer be read. */
  get capacity(): number {
    return this.#queue.capacity;
  }

  /** Bytes of the descriptors of a quarter of the ring. */
  get quarterRingBytes(): number {
    const frames = Math.floor(this.#queue.capacity / 4 / Math.max(1, this.#seqStep));
    return Math.max(1, frames) * DESCRIPTOR_FRAME_BYTES;
  }

  /** Sets which seqs the stream carries, see `SEQ_STEP_ATTRIBUTE_KEY`: other seqs are skipped and are no gap. */
  setSeqStep(step: number): void {
    this.#seqStep = step;
  }

  /** Seq of the oldest; only if `length` is above 0. */
  peek(): number {
    return this.#queue.peekSeq();
  }

  /** Prefetches the data of the next frames, at most `limit`, to this core in parallel, because they are about to be read. */
  fetchNext(reader: FrameReader, limit: number): void {
    const { length } = this.#queue;
    if (length === 0) reader.prefetchNext(this.newestSeq + 1);
    if (length < 2) return;
    const frames = Math.min(limit, length, MAX_FETCHED);
    for (let i = 0; i < frames; i++) reader.fetch(this.#queue.seqAt(i));
  }

  /** Drops the descriptors before `seq`, but never the last; returns the number dropped. */
  dropBefore(seq: number): number {
    let dropped = 0;
    for (; this.#queue.length > 1 && this.#queue.peekSeq() < seq; dropped++) this.#queue.drop();
    return dropped;
  }

  /** Removes and returns the oldest; only if `length` is above 0. */
  take(): number {
    const seq = this.#queue.peekSeq();
    this.#queue.drop();
    return seq;
  }

  readonly onMessage: BlockMessageHandler = (view, offset, length) => {
    if (length === FrameDescriptorEncoder.ENCODED_LENGTH && this.#isOfEpoch(view, offset)) {
      this.#take(
        view.getInt32(offset + DESCRIPTOR_WORD.seqHigh * 4, true),
        view.getInt32(offset + DESCRIPTOR_WORD.seqLow * 4, true),
        view.getInt32(offset + DESCRIPTOR_WORD.headerIndex * 4, true),
      );
    } else this.#sift(view, offset, length);
  };

  /** True for a descriptor of this stream and the current epoch, recognised by its first words. */
  #isOfEpoch(view: DataView, offset: number): boolean {
    const prefix = this.#prefix;
    return (
      this.#nslots !== 0 &&
      view.getInt32(offset, true) === prefix[0] &&
      view.getInt32(offset + 4, true) === prefix[1] &&
      view.getInt32(offset + 8, true) === prefix[2] &&
      view.getInt32(offset + 12, true) === prefix[3] &&
      view.getInt32(offset + 16, true) === prefix[4]
    );
  }

  /** Handles every other message. */
  #sift(view: DataView, offset: number, length: number): void {
    const descriptor = this.#descriptor;
    const { of } = this.#counters;
    if (messageKeyAt(view, offset, length) !== FrameDescriptorDecoder.KEY) return;
    if (descriptor.wrap(view, offset, length) !== null) {
      of.messagesRefused.increment();
      return;
    }
    if (descriptor.streamId !== this.#streamId) return;
    if (this.#nslots === 0) this.#pass(descriptor);
    else if (!this.isEpoch(descriptor.epochHigh, descriptor.epochLow)) of.foreignEpoch.increment();
    else this.#take(descriptor.seqHigh, descriptor.seqLow, descriptor.headerIndex);
  }

  /** The words of the seq may be negative. */
  #take(seqHigh: number, seqLow: number, headerIndex: number): void {
    const seq = seqHigh === 0 && seqLow >= 0 ? seqLow : (seqHigh >>> 0) * TWO_32 + (seqLow >>> 0);
    if (seq !== this.newestSeq + 1 && !this.#admits(seq)) return;
    this.newestSeq = seq;
    if (headerIndex !== (seq & (this.#nslots - 1))) this.#counters.of.identity.increment();
    else if (this.#queue.push(seq)) this.#counters.of.overwritten.increment();
  }

  /** True for a seq that does not follow the newest and is ahead of it; counts the gap between them. */
  #admits(seq: number): boolean {
    const { newestSeq } = this;
    const ring = this.#ring as ProvingRing;
    // Beyond 2^53 two seqs could compare equal. A seq that no slot confirms would create a false gap.
    if (seq > MAX_SEQ || (seq > newestSeq && !ring.hasReached(seq))) {
      this.#counters.of.messagesRefused.increment();
      return false;
    }
    if (seq <= newestSeq) {
      const isOtherRun = ring.newestSeq(NO_SEQ, true) < newestSeq;
      // Descriptors in transit when the epoch was unmapped already have their outcome.
      if (this.#isAtResumption && !isOtherRun) return false;
      // A restarted writer begins a new run, which has its own account.
      if (isOtherRun) this.#restart();
      this.#onSeqBack(`seq went back from ${newestSeq} to ${seq}`);
      return false;
    }
    // Descriptors that an earlier reader left in the log were published before this one joined: no reader had these frames.
    if (newestSeq === NO_SEQ && seq <= this.#mappedSeq) {
      this.#counters.of.unmapped.increment();
      return false;
    }
    if (this.#hasAccount) this.#countMissing(seq - 1, this.#counters.of.gap);
    return true;
  }

  #restart(): void {
    this.newestSeq = NO_SEQ;
    this.isFromStart = false;
    this.#isResumed = false;
    this.#mappedSeq = NO_SEQ;
  }

  /** A descriptor while nothing is mapped. */
  #pass({ epoch, seqHigh, seqLow }: FrameDescriptorDecoder): void {
    const { of } = this.#counters;
    const seq = seqHigh * TWO_32 + seqLow;
    if (seq > MAX_SEQ) of.messagesRefused.increment();
    else if (!this.#accounts.onDescriptor(epoch, seq)) of.unmapped.increment();
  }
}
