import type { Agent } from "../core/agent.ts";
import { UsageError } from "../core/errors.ts";
import { getLogger } from "../core/logger.ts";
import type { WaitPoint } from "../core/wait-point.ts";
import type { FillState, FrameLayout, SkipReason, Source } from "../io/types.ts";
import type { Attribute } from "../protocol/attribute.ts";
import { RatePacer } from "../protocol/rate-pacer.ts";
import type { Producer } from "./producer.ts";
import { ReaderDrain } from "./reader-drain.ts";
import { ClaimState, type SlotClaim } from "./slot-claim.ts";

const log = getLogger("producer");
const oftenLog = log.every(1e9);

export interface SourcePumpOptions {
  /** Frames per second; null: as fast as the source and the flow allow. */
  readonly rateHz: number | null;
  /** Number of frames to take from the source, including those dropped without a consumer; Infinity: until the source ends. */
  readonly count: number;
  /** Consumers that must have mapped the stream before the first frame. */
  readonly waitConsumers: number;
  /** Chooses the attributes of the stream's metadata from the source's; omitted: all of them. */
  readonly attributesOf?: (attributes: readonly Attribute[]) => readonly Attribute[];
  /** How long the producer's frames wait for readers, including the last ones. */
  readonly waitTimeoutNs?: number;
  /** Called once, when the source has ended or `count` was reached, and readers have drained or stopped answering. */
  readonly onDone: () => void;
}

/** Frames published per cycle, so that the other agents get their turn. */
const FRAMES_PER_CYCLE = 128;
const TIMEOUT_NS = 1e9;

/** Moves frames from a source into a producer's slots: the source fills the slots in place. */
export class SourcePump implements Agent {
  readonly roleName = "source";
  readonly #producer: Producer;
  readonly #source: Source;
  readonly #options: SourcePumpOptions;
  readonly #pacer: RatePacer | null;
  /** The frame that is being filled over several cycles; null while there is none. */
  #claim: SlotClaim | null = null;
  #isSkipping = false;
  #skipReason: SkipReason = "ended";
  #hasConsumers: boolean;
  #startedNs = -1;
  /** Set once the source has ended. */
  #ending: ReaderDrain | null = null;
  #isDone = false;
  /** Bytes of the current claim that were present at the last check. */
  #filledBytes = 0;
  #tellsProgress = false;
  /** State at the start of the cycle. */
  #mayOffer = false;
  #isProgressWanted = false;
  /** Frames taken from the source: claimed or skipped. */
  #takenFrames = 0;
  /** True if part of a frame was moved in this cycle. */
  #hasMoved = false;
  #hasSaidWaiting = false;
  /** The attributes that the stream's metadata was created from. */
  #attributes: readonly Attribute[];
  #wasReady = false;
  /** The complete frame waits for a slot: the source is not a reason to wake up until it has one. */
  #isRefused = false;

  constructor(producer: Producer, source: Source, options: SourcePumpOptions) {
    this.#producer = producer;
    this.#source = source;
    this.#attributes = source.attributes;
    this.#options = options;
    this.#pacer = options.rateHz === null ? null : new RatePacer(options.rateHz);
    this.#hasConsumers = options.waitConsumers === 0;
  }

  doWork(nowNs: number): number {
    if (this.#isDone) return 0;
    if (this.#startedNs === -1) this.#startedNs = nowNs;
    if (this.#ending !== null) return this.#drain(this.#ending, nowNs);
    if (!this.#hasConsumers && !this.#awaitConsumers(nowNs)) return 0;
    const work = this.#pacer === null ? this.#burst(nowNs) : this.#steps(nowNs);
    const isMoving = this.#hasMoved;
    this.#hasMoved = false;
    return isMoving ? work + 1 : work;
  }

  /** The event the source waits for, unless the pump itself has timed work to do. */
  waitPoint(): WaitPoint | null {
    const isPaused = this.#pacer !== null || this.#ending !== null || !this.#hasConsumers || this.#isSkipping;
    if (isPaused || this.#isRefused || this.#isDone || !this.#producer.isReady) return null;
    return this.#source.waitPoint ?? null;
  }

  onClose(): void {
    this.#claim?.abort();
    this.#claim = null;
    this.#source.close();
  }

  /** Descriptors of frames that arrive without pacing are published together. */
  #burst(nowNs: number): number {
    this.#producer.setBurst(true);
    try {
      return this.#steps(nowNs);
    } finally {
      this.#producer.setBurst(false);
    }
  }

  #steps(nowNs: number): number {
    this.#mayOffer = this.#isProducerReady();
    this.#isProgressWanted = this.#producer.isProgressWanted;
    let work = 0;
    while (work < FRAMES_PER_CYCLE && this.#step(nowNs)) work++;
    return work;
  }

  /** Moves one frame; false if there is nothing to do now. */
  #step(nowNs: number): boolean {
    if (this.#claim !== null) return this.#fill(this.#claim, nowNs);
    if (this.#isSkipping) return this.#skip(nowNs);
    if (this.#takenFrames >= this.#options.count) return this.#end(nowNs);
    const pacer = this.#pacer;
    if (pacer !== null && !pacer.isDue(nowNs)) return false;
    if (this.#producer.isWaiting || !this.#mayOffer) return false;
    const source = this.#source;
    const state = source.poll(nowNs);
    if (state === "end") return this.#end(nowNs);
    if (state === "idle") return false;
    pacer?.advance(nowNs);
    if (source.attributes !== this.#attributes) this.#announceAttributes();
    // Unpaced frames take the time of their cycle; paced ones each take their own.
    const { byteLength } = source.layout;
    const claim = pacer === null ? this.#producer.tryClaim(byteLength, nowNs) : this.#producer.tryClaim(byteLength);
    this.#isRefused = false;
    if (claim === null) return this.#onRefusal(nowNs);
    this.#takenFrames++;
    this.#filledBytes = 0;
    this.#tellsProgress = this.#isProgressWanted && source.tellsLayoutLast !== true;
    if (this.#tellsProgress) this.#beginProgress(claim);
    return this.#fill(claim, nowNs);
  }

  #announceAttributes(): void {
    const { attributes } = this.#source;
    this.#attributes = attributes;
    this.#producer.setAttributes(this.#options.attributesOf?.(attributes) ?? attributes);
  }

  /** No slot was available: the frame waits, or is skipped if waiting would not help. */
  #onRefusal(nowNs: number): boolean {
    const { lastRefusal } = this.#producer;
    if (lastRefusal !== "no-pool" && lastRefusal !== "not-attached") {
      this.#isRefused = true;
      return false;
    }
    if (lastRefusal === "no-pool") {
      oftenLog.warn(
        `a frame of ${this.#source.layout.byteLength} bytes is larger than every pool (${this.#producer.maxByteLength}): dropped`,
      );
    }
    this.#takenFrames++;
    this.#isSkipping = true;
    this.#skipReason = lastRefusal;
    return this.#skip(nowNs);
  }

  /**
   * Before regions and a descriptor publication exist, nothing is offered, so that nothing is lost. If the lease is lost later, a source
   * that waits keeps waiting, and a live one does not.
   */
  #isProducerReady(): boolean {
    const { isReady, isAttached, flow } = this.#producer;
    if (isReady && !this.#wasReady) {
      this.#requireRoom();
      this.#wasReady = true;
    }
    return this.#wasReady && (isAttached || flow === "drop");
  }

  /** A frame that fits no pool and is known in advance is no incident to be counted: it ends the source at its start. */
  #requireRoom(): void {
    const [needed, room] = [this.#source.maxByteLength, this.#producer.maxByteLength];
    if (needed <= room) return;
    throw new UsageError(
      `stream ${this.#producer.streamId}: the source has frames of ${needed} bytes, and the stream's largest pool takes ` +
        `${room}; give the stream a pool of at least ${needed} bytes`,
      { expected: `at most ${room} bytes`, found: `${needed} bytes` },
    );
  }

  #fill(claim: SlotClaim, nowNs: number): boolean {
    if (claim.state !== ClaimState.CLAIMED) {
      // The producer has begun a new epoch: the rest of the frame has no slot.
      this.#claim = null;
      this.#isSkipping = true;
      this.#skipReason = "ended";
      return this.#skip(nowNs);
    }
    let state: FillState;
    try {
      state = this.#source.fill(claim.bytes, nowNs, claim);
    } catch (error) {
      this.#claim = null;
      claim.abort();
      throw error;
    }
    if (state === "more") {
      this.#claim = claim;
      this.#reportProgress(claim);
      return false;
    }
    if (this.#claim !== null) this.#claim = null;
    if (state === "done") claim.commit(this.#source.layout);
    else claim.abort();
    return true;
  }

  #beginProgress(claim: SlotClaim): void {
    try {
      claim.beginProgress(this.#source.layout);
    } catch (error) {
      claim.abort();
      throw error;
    }
  }

  /** Part of the frame may have arrived: readers of progress see it, and the cycle continues without a pause. */
  #reportProgress(claim: SlotClaim): void {
    const { filledBytes = 0 } = this.#source;
    if (filledBytes === this.#filledBytes) return;
    this.#filledBytes = filledBytes;
    this.#hasMoved = true;
    if (this.#tellsProgress) claim.reportProgress(filledBytes, wholeRows(this.#source.layout, filledBytes));
  }

  #skip(nowNs: number): boolean {
    if (this.#source.skip(nowNs, this.#skipReason) === "more") return false;
    this.#isSkipping = false;
    return true;
  }

  #end(nowNs: number): boolean {
    // A descriptor that waits for the end of a burst or is held back belongs to the stream.
    this.#producer.setBurst(false);
    if (this.#producer.isWaiting) return false;
    this.#producer.finish();
    this.#ending = new ReaderDrain(this.#producer, this.#options.waitTimeoutNs ?? 0, nowNs);
    return false;
  }

  #drain(ending: ReaderDrain, nowNs: number): number {
    if (!ending.isOver(nowNs)) return 0;
    this.#isDone = true;
    this.#options.onDone();
    return 1;
  }

  #awaitConsumers(nowNs: number): boolean {
    const { waitConsumers } = this.#options;
    this.#hasConsumers = this.#producer.hasReaders(waitConsumers);
    if (!this.#hasConsumers && !this.#hasSaidWaiting && nowNs - this.#startedNs > TIMEOUT_NS) {
      this.#hasSaidWaiting = true;
      log.info(`waiting for ${waitConsumers} consumer(s) of stream ${this.#producer.streamId}`);
    }
    return this.#hasConsumers;
  }
}

/** Number of complete rows; null for shapes without rows. */
function wholeRows(layout: FrameLayout, filledBytes: number): number | null {
  const rows = layout.majorOrder === "row" ? layout.dims[0] : undefined;
  if (rows === undefined || rows === 0) return null;
  return Math.floor(filledBytes / (layout.byteLength / rows));
}
