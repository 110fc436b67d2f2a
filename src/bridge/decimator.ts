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
  /** N: the frames whose seq is a multiple of N. 0: those that the consumer's mode or rate chooses. */
  readonly every: number;
  /** Slots of the output, where it makes its regions itself; null: as many as a ring of the source, or as `every` needs. */
  readonly nslots: number | null;
  /** Frames to carry; Infinity: no end. */
  readonly count: number;
  /** End with the source's first end. */
  readonly once: boolean;
  /** Called once, when readers of the output have drained. */
  readonly onDone: () => void;
}

/** Frames that one cycle may carry, so that the other agents have their turn. */
const FRAMES_PER_CYCLE = 64;
/** Metadata comes at once after an epoch was mapped, if ever. */
const ATTRIBUTES_TIMEOUT_NS = 2e9;
/** Frames of the output that its ring should hold at least. */
const MIN_FRAMES = 8;

/**
 * The decimator (W-48): carries every Nth frame, or those that a rate or the mode "latest" leaves, to a stream of its own on the same
 * host. The seq, the shape, the timestamp and the attributes are the source's. A frame is copied once, and published only when it was
 * intact afterwards. The consumer is an agent of its own, which runs before this one.
 */
export class Decimator implements Agent {
  readonly roleName: string;
  readonly #consumer: Consumer;
  readonly #output: OutputStream;
  readonly #options: DecimatorOptions;
  /** The epoch that the output was begun for. */
  #epoch: bigint | null = null;
  readonly #attributesWait = new Deadline();
  readonly #join = new JoinedSeq();
  /** The source's attributes that the output has, and their version. */
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

  /** Frames that were carried so far. */
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
      // Readers of the output hold it back, and so the source, if that waits as well.
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

  /** The copy is published if the frame was intact until it was finished. */
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
    // Not known yet, or none: the next frame of this version looks again.
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

/** Slots in which some frames have room although the seqs between theirs have slots as well. */
function slotsFor(sourceSlots: number, seqStep: number): number {
  let nslots = sourceSlots;
  while (seqStep > EVERY_SEQ && nslots < MIN_FRAMES * seqStep) nslots *= 2;
  return nslots;
}
