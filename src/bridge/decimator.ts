import type { Agent } from "../core/agent.ts";
import { Deadline } from "../core/timers.ts";
import type { WaitPoint } from "../core/wait-point.ts";
import { type Attribute, EVERY_SEQ, seqStepOf } from "../protocol/attribute.ts";
import type { Consumer } from "../roles/consumer.ts";
import type { LossCause } from "../roles/counters.ts";
import type { Frame } from "../roles/frame.ts";
import type { PollOptions } from "../roles/frame-handler.ts";
import type { Producer } from "../roles/producer.ts";
import { ClaimState, type SlotClaim } from "../roles/slot-claim.ts";
import { JoinedSeq } from "./joined-seq.ts";
import type { OutputStream } from "./output-stream.ts";
import { combinedStep } from "./seq-step.ts";

export interface DecimatorOptions {
  /** N: the frames whose seq is a multiple of N. 0: the frames selected by the consumer's mode or rate. */
  readonly every: number;
  /** Slots of the output if it creates its own regions; null: as many as the source's ring, or as `every` needs. */
  readonly nslots: number | null;
  /** Number of frames to carry; Infinity: no limit. */
  readonly count: number;
  /** Stop at the source's first end. */
  readonly once: boolean;
  /** Called once, when readers of the output have drained. */
  readonly onDone: () => void;
}

/** Frames carried per cycle, so that the other agents get their turn. */
const FRAMES_PER_CYCLE = 64;
/** Metadata arrives immediately after an epoch was mapped, if at all. */
const ATTRIBUTES_TIMEOUT_NS = 2e9;
/** Minimum number of the output's frames that its ring should hold. */
const MIN_FRAMES = 8;

/**
 * The decimator (W-48): copies every Nth frame, or those selected by a rate or the mode "latest", to a separate stream on the same host.
 * Seq, shape, timestamp and attributes are the source's. A frame is copied once and published only if it was still intact afterwards. The
 * consumer is a separate agent that runs before this one.
 */
export class Decimator implements Agent {
  readonly roleName: string;
  readonly #consumer: Consumer;
  readonly #output: OutputStream;
  readonly #options: DecimatorOptions;
  /** The epoch for which the output was begun. */
  #epoch: bigint | null = null;
  readonly #attributesWait = new Deadline();
  readonly #join = new JoinedSeq();
  /** The source's attributes that the output currently has, and their version. */
  #forwarded: readonly Attribute[] = [];
  #metaVersion = -1;
  #nowNs = 0;
  #claim: SlotClaim | null = null;
  #carried = 0;
  #isEnding = false;
  #isDone = false;
  readonly #onFrame = (frame: Frame): LossCause | undefined => this.#copy(frame);
  readonly #poll: PollOptions;
  #frame: Frame | null = null;

  constructor(consumer: Consumer, output: OutputStream, options: DecimatorOptions) {
    this.roleName = `decimator of stream ${consumer.streamId}`;
    this.#consumer = consumer;
    this.#output = output;
    this.#options = options;
    this.#poll = { limit: 1, settled: (_seq, isIntact) => this.#settle(isIntact) };
  }

  /** Number of frames carried so far. */
  get carried(): number {
    return this.#carried;
  }

  /** @throws ProducerError, AttachError, UsageError */
  doWork(nowNs: number): number {
    if (this.#isDone) return 0;
    let work = this.#output.doWork(nowNs);
    if (this.#isEnding) return work + this.#workEnding();
    work += this.#followEpoch(nowNs);
    if (!this.#output.mayPublish(nowNs)) {
      if (this.#consumer.flow !== "wait") this.#consumer.receive();
      return work;
    }
    return work + this.#carry(nowNs);
  }

  waitPoint(nowNs: number): WaitPoint | null {
    const { nextFrame, epoch } = this.#consumer;
    return epoch === this.#epoch && this.#output.mayWait() ? nextFrame.pointAt(nowNs) : null;
  }

  onLateCycle(nowNs: number, lateByNs: number): void {
    this.#output.onLateCycle(nowNs, lateByNs);
  }

  onClose(): Promise<void> {
    return this.#output.onClose();
  }

  #followEpoch(nowNs: number): number {
    const { epoch, stream, hasAttributes, attributes, flow } = this.#consumer;
    if (epoch === this.#epoch) return 0;
    if (this.#epoch !== null) {
      this.#epoch = null;
      this.#output.end();
      if (this.#options.once) this.#isEnding = true;
      return 1;
    }
    const { layout } = stream;
    if (layout === null) return 0;
    if (!hasAttributes && !this.#attributesWait.hasExpired(nowNs)) {
      if (!this.#attributesWait.isSet) this.#attributesWait.start(nowNs, ATTRIBUTES_TIMEOUT_NS);
      return 0;
    }
    const joinedSeq = this.#join.of(this.#consumer, nowNs);
    if (joinedSeq === null) return 0;
    this.#attributesWait.clear();
    this.#epoch = epoch;
    this.#metaVersion = -1;
    this.#forwarded = attributes;
    const seqStep = combinedStep(seqStepOf(attributes), this.#options.every);
    this.#output.begin({
      nslots: this.#options.nslots ?? slotsFor(layout.nslots, seqStep),
      strideBytes: layout.strideBytes,
      flow,
      seqStep,
      joinedSeq,
      attributes,
    });
    return 1;
  }

  #carry(nowNs: number): number {
    const consumer = this.#consumer;
    let work = 0;
    while (work < FRAMES_PER_CYCLE) {
      if (this.#carried >= this.#options.count) {
        this.#isEnding = true;
        this.#output.end();
        return work + 1;
      }
      // Readers of the output hold it back, and with it the source, if the source waits as well.
      if ((this.#output.producer as Producer).isWaiting) {
        if (consumer.flow !== "wait") consumer.receive();
        return work;
      }
      this.#nowNs = nowNs;
      const handled = consumer.poll(this.#onFrame, this.#poll);
      if (handled === 0) return work;
      work += handled;
    }
    return work;
  }

  #copy(frame: Frame): LossCause | undefined {
    const producer = this.#output.producer as Producer;
    if (frame.metaVersion !== this.#metaVersion) this.#forwardAttributes(frame);
    if (!producer.skipTo(frame.seq)) return "sinkTooSlow";
    const claim = producer.tryClaim(frame.byteLength, this.#nowNs);
    if (claim === null) return producer.lastRefusal === "no-pool" ? "sinkRefused" : "sinkTooSlow";
    claim.bytes.set(frame.bytes);
    this.#claim = claim;
    this.#frame = frame;
    return undefined;
  }

  /** The copy is published if the frame was still intact at its end. */
  #settle(isIntact: boolean): void {
    const claim = this.#claim;
    if (claim === null) return;
    this.#claim = null;
    if (!isIntact) claim.abort();
    else if (claim.state === ClaimState.CLAIMED) {
      claim.commitCopy((this.#frame as Frame).header);
      this.#carried++;
    }
  }

  #forwardAttributes(frame: Frame): void {
    const { attributes } = frame;
    // Unknown or empty: the next frame of this version checks again.
    if (attributes.length === 0) return;
    this.#metaVersion = frame.metaVersion;
    if (attributes !== this.#forwarded) this.#output.setAttributes(attributes);
    this.#forwarded = attributes;
  }

  #workEnding(): number {
    if (this.#output.isEnding) return 0;
    this.#isDone = true;
    this.#options.onDone();
    return 1;
  }
}

/** Number of slots that hold several frames, although the seqs between them occupy slots as well. */
function slotsFor(sourceSlots: number, seqStep: number): number {
  let nslots = sourceSlots;
  while (seqStep > EVERY_SEQ && nslots < MIN_FRAMES * seqStep) nslots *= 2;
  return nslots;
}
