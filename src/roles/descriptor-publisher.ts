import { MessageBlock } from "../aeron/message-block.ts";
import type { DescriptorSink } from "../aeron/ports.ts";
import { PublishResult } from "../aeron/results.ts";
import type { Clock } from "../core/clock.ts";
import { highWord } from "../core/integer.ts";
import { getLogger } from "../core/logger.ts";
import { formatDuration } from "../core/units.ts";
import type { Flow } from "../protocol/attribute.ts";
import { DESCRIPTOR_WORD } from "../sbe/descriptor-words.ts";
import { FrameDescriptorEncoder } from "../sbe/generated/control/index.ts";
import type { ProducerCounters } from "./counters.ts";
import type { SlotClaim } from "./slot-claim.ts";

const log = getLogger("producer");

const DESCRIPTOR_BYTES = FrameDescriptorEncoder.ENCODED_LENGTH;
/** Most descriptors per call: one call costs as much as several descriptors. */
const MAX_STAGED = 32;

/** No frame. */
export const NONE_STAGED = -1;

/**
 * Publishes frame descriptors: they are staged one by one, and `flush` sends all staged ones with one call. With flow "drop", descriptors
 * that find no room are dropped and counted immediately; with "wait" they stay staged for a bounded time and are retried at the next call.
 * After the last subscriber has left, that time is granted once, not per descriptor.
 */
export class DescriptorPublisher {
  readonly #publication: DescriptorSink;
  readonly #clock: Clock;
  readonly #counters: ProducerCounters;
  readonly #flow: Flow;
  readonly #waitTimeoutNs: number;
  readonly #block = new MessageBlock(DESCRIPTOR_BYTES, MAX_STAGED);
  readonly #words = this.#block.words;
  // Arrays, not Float64Arrays: values from a Float64Array stay doubles, which doubles the cost of computing with them.
  readonly #seqs: number[] = new Array(MAX_STAGED).fill(0);
  readonly #byteLengths: number[] = new Array(MAX_STAGED).fill(0);
  /** The messages of the block from `#first` to `#end` are staged. */
  #first = 0;
  #end = 0;
  #capacity = 1;
  /** Deadline of the oldest descriptor that is held back. */
  #waitUntilNs = 0;
  /** Set while there is no subscriber: once nothing is held back any more, the time allowed for one to return is over. */
  #hasNoSubscriber = false;
  #streamId = 0;
  /** True while descriptors are held back. */
  isWaiting = false;
  /** Seq of the frame whose descriptor was last published in this epoch, or NONE_STAGED. */
  publishedSeq = NONE_STAGED;
  /** While set, staged descriptors wait for more. */
  isBurst = false;
  /** While set, nothing is held back. */
  isGivingUp = false;

  constructor(
    publication: DescriptorSink,
    clock: Clock,
    counters: ProducerCounters,
    options: { readonly flow: Flow; readonly waitTimeoutNs: number },
  ) {
    this.#publication = publication;
    this.#clock = clock;
    this.#counters = counters;
    this.#flow = options.flow;
    this.#waitTimeoutNs = options.waitTimeoutNs;
  }

  /** Number of staged descriptors. */
  get length(): number {
    return this.#end - this.#first;
  }

  /** True if another descriptor can be staged. */
  get hasRoom(): boolean {
    return this.#end < this.#capacity;
  }

  /** Seq of the oldest staged frame, or NONE_STAGED. */
  get oldestSeq(): number {
    return this.#first === this.#end ? NONE_STAGED : (this.#seqs[this.#first] as number);
  }

  /**
   * Begins an epoch of a ring of `nslots`: earlier staged descriptors belong to the previous one. Staged frames are already written, while
   * the window (half of the ring) and a reader's queue (a quarter) may hold frames that are still to be read.
   */
  begin(streamId: number, epoch: number, nslots: number): void {
    this.#capacity = Math.max(1, Math.min(MAX_STAGED, Math.floor(nslots / 8)));
    this.isWaiting = false;
    this.#hasNoSubscriber = false;
    this.#streamId = streamId;
    this.#first = 0;
    this.#end = 0;
    this.publishedSeq = NONE_STAGED;
    const descriptor = new FrameDescriptorEncoder();
    for (let i = 0; i < MAX_STAGED; i++) {
      descriptor.wrap(this.#block.view, this.#block.offsetOf(i), DESCRIPTOR_BYTES);
      descriptor.setStreamId(streamId).setEpochNumber(epoch);
    }
  }

  /** Stages the descriptor of a committed frame; only if there is room. */
  stage(claim: SlotClaim): void {
    const at = this.#end++;
    const { seq, byteLength } = claim;
    const words = this.#words;
    const first = this.#block.wordOf(at);
    words[first + DESCRIPTOR_WORD.seqLow] = seq;
    words[first + DESCRIPTOR_WORD.seqHigh] = highWord(seq);
    words[first + DESCRIPTOR_WORD.headerIndex] = claim.index;
    words[first + DESCRIPTOR_WORD.timestampLow] = claim.timestampLow;
    words[first + DESCRIPTOR_WORD.timestampHigh] = claim.timestampHigh;
    words[first + DESCRIPTOR_WORD.metaVersion] = claim.metaVersion;
    this.#seqs[at] = seq;
    this.#byteLengths[at] = byteLength;
  }

  /** Publishes or drops staged descriptors; those held back stay. */
  flush(): void {
    while (this.#first < this.#end) {
      const published = this.#publication.publishBlock(this.#block, this.#first, this.#end - this.#first);
      if (published > 0) this.#countPublished(published);
      else if (this.#flow === "wait" && !this.isGivingUp) {
        if (this.#holdsBack()) return;
        this.#drop(1);
      } else this.#drop(this.#end - this.#first);
    }
    this.#first = 0;
    this.#end = 0;
  }

  #countPublished(count: number): void {
    const { published, bytes } = this.#counters.of;
    const end = this.#first + count;
    let sum = 0;
    for (let i = this.#first; i < end; i++) sum += this.#byteLengths[i] as number;
    published.add(count);
    bytes.add(sum);
    this.publishedSeq = this.#seqs[end - 1] as number;
    this.#first = end;
    this.isWaiting = false;
    this.#hasNoSubscriber = false;
  }

  /** Drops the oldest staged ones under the cause of the last refusal: the ones behind them would have been refused as well. */
  #drop(count: number): void {
    const { of } = this.#counters;
    switch (this.#publication.refusal) {
      case PublishResult.BACK_PRESSURED:
        of.descriptorBackPressured.add(count);
        break;
      case PublishResult.NOT_CONNECTED:
        of.descriptorNotConnected.add(count);
        break;
      case PublishResult.ADMIN_ACTION:
        of.descriptorAdminAction.add(count);
        break;
      default:
        of.descriptorClosed.add(count);
    }
    this.#first += count;
  }

  /** True while the refused descriptor is to be retried; false once its time is over. */
  #holdsBack(): boolean {
    const nowNs = this.#clock.nanoTime();
    const { refusal, isReady } = this.#publication;
    // Without a media driver no reader can exist, which differs from a reader that has left.
    if (refusal !== PublishResult.NOT_CONNECTED || !isReady) this.#hasNoSubscriber = false;
    else if (!this.#hasNoSubscriber) this.#beginWithoutSubscriber();
    else if (!this.isWaiting) return false;
    if (!this.isWaiting) {
      this.isWaiting = true;
      this.#waitUntilNs = nowNs + this.#waitTimeoutNs;
      this.#counters.of.waits.increment();
      return true;
    }
    if (nowNs < this.#waitUntilNs) return true;
    this.isWaiting = false;
    this.#counters.of.waitTimeouts.increment();
    return false;
  }

  /** A reader that returns within the timeout loses nothing, however long the previous wait was. */
  #beginWithoutSubscriber(): void {
    this.#hasNoSubscriber = true;
    this.isWaiting = false;
    log.warn(
      `no consumer reads stream ${this.#streamId}: waiting ${formatDuration(this.#waitTimeoutNs)} for one, then frames are dropped at once`,
    );
  }
}
