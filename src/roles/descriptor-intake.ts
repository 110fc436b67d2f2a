import type { BlockMessageHandler } from "../aeron/block-subscription.ts";
import { FrameDescriptorDecoder } from "../sbe/generated/control/index.ts";
import { messageKeyAt } from "../sbe/header.ts";
import type { ConsumerCounters } from "./counters.ts";
import { DescriptorQueue } from "./descriptor-queue.ts";
import type { FrameReader } from "./frame-reader.ts";

/** A CPU core waits for about as many cache lines at once. */
const MAX_FETCHED = 32;

/** No frame: before the first descriptor of an epoch. */
export const NO_SEQ = -1;

/**
 * Takes the descriptors of one stream and one epoch in, counts the gaps between them (W-19), and keeps those that are still to
 * be handled. Everything else that comes on the Aeron stream is ignored, or counted where it is of this stream (W-23).
 */
export class DescriptorIntake {
  readonly #streamId: number;
  readonly #counters: ConsumerCounters;
  readonly #onSeqBack: (newest: number, seq: number) => void;
  readonly #descriptor = new FrameDescriptorDecoder();
  #queue = new DescriptorQueue(1);
  #nslots = 0;
  #epochHigh = 0;
  #epochLow = 0;
  /** Seq of the descriptor that came last. */
  newestSeq = NO_SEQ;
  /** True when all frames of the epoch count, those before the first descriptor included. */
  isFromStart = false;

  /** `onSeqBack`: a seq went back within the epoch, so this is another writer, or another run of it (W-22). */
  constructor(streamId: number, counters: ConsumerCounters, onSeqBack: (newest: number, seq: number) => void) {
    this.#streamId = streamId;
    this.#counters = counters;
    this.#onSeqBack = onSeqBack;
  }

  /**
   * Begins an epoch whose ring has `nslots` slots: tracking starts afresh (W-22). `isFromStart`: no frame of it was claimed yet, so
   * that what is missing before the first descriptor is a gap like any other; to a reader that came later it is nothing.
   */
  begin(epoch: bigint, nslots: number, isFromStart: boolean): void {
    this.isFromStart = isFromStart;
    this.#epochHigh = Number(epoch >> 32n);
    this.#epochLow = Number(epoch & 0xffff_ffffn);
    this.#nslots = nslots;
    // Older descriptors than this could not be read any more.
    this.#queue = new DescriptorQueue(nslots);
    this.newestSeq = NO_SEQ;
  }

  /** Ends the epoch; returns how many descriptors were still waiting. */
  end(): number {
    const waiting = this.#queue.length;
    this.#nslots = 0;
    this.#queue.clear();
    return waiting;
  }

  /** True for the two words of the epoch that was begun. */
  isEpoch(high: number, low: number): boolean {
    return this.#nslots !== 0 && high === this.#epochHigh && low === this.#epochLow;
  }

  /** Descriptors that wait. */
  get length(): number {
    return this.#queue.length;
  }

  /** Most descriptors that may wait: more could not be read any more. */
  get capacity(): number {
    return this.#queue.capacity;
  }

  /** Seq of the oldest; only while `length` is above 0. */
  peek(): number {
    return this.#queue.peekSeq();
  }

  /** Has the headers of the next frames, at most `limit`, come to this core all at once, because they are about to be read. */
  fetchHeaders(reader: FrameReader, limit: number): void {
    const frames = Math.min(limit, this.#queue.length, MAX_FETCHED);
    for (let i = 0; i < frames; i++) reader.fetch(this.#queue.seqAt(i));
  }

  /** Drops those before `seq`, but never the last; returns how many. */
  dropBefore(seq: number): number {
    let dropped = 0;
    for (; this.#queue.length > 1 && this.#queue.peekSeq() < seq; dropped++) this.#queue.drop();
    return dropped;
  }

  /** Takes the oldest out; only while `length` is above 0. */
  take(): number {
    const seq = this.#queue.peekSeq();
    this.#queue.drop();
    return seq;
  }

  readonly onMessage: BlockMessageHandler = (view, offset, length) => {
    const descriptor = this.#descriptor;
    const { of } = this.#counters;
    if (messageKeyAt(view, offset, length) !== FrameDescriptorDecoder.KEY) return;
    if (descriptor.wrap(view, offset, length) !== null) {
      of.messagesRefused.increment();
      return;
    }
    if (descriptor.streamId !== this.#streamId) return;
    if (this.#nslots === 0) {
      of.unmapped.increment();
      return;
    }
    if (descriptor.epochHigh !== this.#epochHigh || descriptor.epochLow !== this.#epochLow) {
      of.foreignEpoch.increment();
      return;
    }
    const seq = descriptor.seqNumber;
    // Beyond 2^53 two seqs could look alike: no stream of ours gets there.
    if (seq > Number.MAX_SAFE_INTEGER) {
      this.#counters.of.messagesRefused.increment();
      return;
    }
    if (seq <= this.newestSeq) {
      this.#onSeqBack(this.newestSeq, seq);
      return;
    }
    if (this.newestSeq !== NO_SEQ || this.isFromStart) of.gap.add(seq - this.newestSeq - 1);
    this.newestSeq = seq;
    if (descriptor.headerIndex !== (seq & (this.#nslots - 1))) of.identity.increment();
    else if (this.#queue.push(seq)) of.overwritten.increment();
  };
}
