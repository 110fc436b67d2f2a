import type { BlockMessageHandler } from "../aeron/block-subscription.ts";
import { asInteger } from "../core/integer.ts";
import { DESCRIPTOR_PREFIX_WORDS, DESCRIPTOR_WORD } from "../sbe/descriptor-words.ts";
import { FrameDescriptorDecoder, FrameDescriptorEncoder } from "../sbe/generated/control/index.ts";
import { messageKeyAt } from "../sbe/header.ts";
import type { ConsumerCounters } from "./counters.ts";
import { DescriptorQueue } from "./descriptor-queue.ts";
import type { FrameReader } from "./frame-reader.ts";

/** A CPU core waits for about as many cache lines at once. */
const MAX_FETCHED = 32;

const TWO_32 = 0x1_0000_0000;

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
  /** What descriptors of the epoch begin with. */
  readonly #prefix = new Int32Array(DESCRIPTOR_PREFIX_WORDS);
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
    this.#nslots = asInteger(nslots);
    const example = new DataView(new ArrayBuffer(FrameDescriptorEncoder.ENCODED_LENGTH));
    new FrameDescriptorEncoder()
      .wrap(example, 0, example.byteLength)
      .setStreamId(this.#streamId)
      .setEpoch(this.#epochHigh, this.#epochLow);
    for (let i = 0; i < DESCRIPTOR_PREFIX_WORDS; i++) this.#prefix[i] = example.getInt32(i * 4, true);
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

  /** Has what the next frames need, at most `limit`, come to this core all at once, because they are about to be read. */
  fetchNext(reader: FrameReader, limit: number): void {
    const { length } = this.#queue;
    if (length === 0) reader.awaits(this.newestSeq + 1);
    if (length < 2) return;
    const frames = Math.min(limit, length, MAX_FETCHED);
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
    if (length === FrameDescriptorEncoder.ENCODED_LENGTH && this.#isOfEpoch(view, offset)) {
      this.#take(
        view.getInt32(offset + DESCRIPTOR_WORD.seqHigh * 4, true),
        view.getInt32(offset + DESCRIPTOR_WORD.seqLow * 4, true),
        view.getInt32(offset + DESCRIPTOR_WORD.headerIndex * 4, true),
      );
    } else this.#sift(view, offset, length);
  };

  /** True for a descriptor of this stream and the epoch that was begun: it begins like all of them. */
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

  /** Every other message. */
  #sift(view: DataView, offset: number, length: number): void {
    const descriptor = this.#descriptor;
    const { of } = this.#counters;
    if (messageKeyAt(view, offset, length) !== FrameDescriptorDecoder.KEY) return;
    if (descriptor.wrap(view, offset, length) !== null) {
      of.messagesRefused.increment();
      return;
    }
    if (descriptor.streamId !== this.#streamId) return;
    if (this.#nslots === 0) of.unmapped.increment();
    else if (!this.isEpoch(descriptor.epochHigh, descriptor.epochLow)) of.foreignEpoch.increment();
    else this.#take(descriptor.seqHigh, descriptor.seqLow, descriptor.headerIndex);
  }

  /** The words of the seq may be of either sign. */
  #take(seqHigh: number, seqLow: number, headerIndex: number): void {
    const seq = seqHigh === 0 && seqLow >= 0 ? seqLow : (seqHigh >>> 0) * TWO_32 + (seqLow >>> 0);
    const { newestSeq } = this;
    // Beyond 2^53 two seqs could look alike: no stream of ours gets there.
    if (seq > Number.MAX_SAFE_INTEGER) {
      this.#counters.of.messagesRefused.increment();
      return;
    }
    if (seq <= newestSeq) {
      this.#onSeqBack(newestSeq, seq);
      return;
    }
    this.newestSeq = seq;
    if (seq !== newestSeq + 1 && (newestSeq !== NO_SEQ || this.isFromStart)) {
      this.#counters.of.gap.add(seq - newestSeq - 1);
    }
    if (headerIndex !== (seq & (this.#nslots - 1))) this.#counters.of.identity.increment();
    else if (this.#queue.push(seq)) this.#counters.of.overwritten.increment();
  }
}
