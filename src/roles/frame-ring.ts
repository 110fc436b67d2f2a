import type { Counter } from "../core/counters.ts";
import type { Dtype } from "../protocol/dtype.ts";
import { FrameHeader, HEADER_WORD } from "../protocol/frame-header.ts";
import type { FrameShape } from "../protocol/frame-layout.ts";
import { HeaderRing } from "../shm/header-ring.ts";
import type { WritableRegions } from "../shm/index.ts";
import { PayloadPool } from "../shm/payload-pool.ts";
import type { ProducerCounters } from "./counters.ts";
import { type DescriptorPublisher, NONE_STAGED } from "./descriptor-publisher.ts";
import { copyShape, misfit, setShape, stampClaim, stampOwn } from "./header-shape.ts";
import type { ProgressSender } from "./progress-sender.ts";
import { ReaderWake, type WakeWord } from "./reader-wake.ts";
import { MAX_SEQ } from "./ring-extent.ts";
import { type ClaimOwner, ClaimState, SlotClaim } from "./slot-claim.ts";

/** The parts that all epochs of a stream share. */
export interface FrameRingParts {
  readonly publisher: DescriptorPublisher;
  readonly progress: ProgressSender;
  readonly counters: ProducerCounters;
  readonly wakeWord?: WakeWord | undefined;
}

/**
 * One epoch of a stream as its writer sees it: the regions and the claims on their slots. Slots are claimed in order, filled in any order,
 * and published in claim order (W-15).
 */
export class FrameRing implements ClaimOwner {
  readonly regions: WritableRegions;
  readonly #publisher: DescriptorPublisher;
  readonly #progress: ProgressSender;
  readonly #claimed: Counter;
  readonly #aborted: Counter;
  readonly #passed: Counter;
  readonly #ring: HeaderRing;
  /** In ascending order of stride. */
  readonly #pools: readonly PayloadPool[];
  readonly #smallestPool: PayloadPool;
  /** Version of the attributes of frames that are committed now. */
  metaVersion: number;
  readonly #claims: SlotClaim[] = [];
  readonly #header = new FrameHeader();
  // The shape in `#header`, see `#isShapeOfHeader`.
  #dtype: Dtype | null = null;
  #isColumn = false;
  #hasStrides = false;
  #neededBytes = 0;
  /** The claim time stamped in `#header`; NaN for any other timestamp. */
  #stampNs = Number.NaN;
  /** Seq of the next claim. */
  #nextSeq = 0;
  /** Seq of the oldest frame whose descriptor is still to be staged. */
  #stageSeq = 0;
  /** Seq of the oldest frame not yet published, dropped or aborted. */
  #settledSeq = 0;
  readonly #wake: ReaderWake;
  #preparedSeq = 0;
  /** Value of `#nextSeq` in the owner's last cycle. */
  #cycleSeq = 0;
  /** When the last staged frame was claimed. */
  #stagedNs = 0;
  /** When the owner's cycle began: frames may be published long after their claim. */
  #cycleNs = 0;

  constructor(
    regions: WritableRegions,
    metaVersion: number,
    { publisher, progress, counters, wakeWord }: FrameRingParts,
  ) {
    this.regions = regions;
    this.metaVersion = metaVersion;
    this.#publisher = publisher;
    this.#progress = progress;
    this.#claimed = counters.of.claimed;
    this.#aborted = counters.of.aborted;
    this.#passed = counters.of.passed;
    const ring = new HeaderRing(regions.headerRing.mapping, regions.nslots);
    this.#ring = ring;
    this.#wake = new ReaderWake((seq) => ring.commitWordAddress(ring.indexOf(seq)), wakeWord);
    this.#pools = PayloadPool.ofStream(regions);
    this.#smallestPool = this.#pools[0] as PayloadPool;
  }

  /** Seq of the last claimed frame; 0 before the first. */
  get currentSeq(): number {
    return this.#nextSeq === 0 ? 0 : this.#nextSeq - 1;
  }

  /** Frames claimed in this epoch. */
  get claimed(): number {
    return this.#nextSeq;
  }

  /** True when every claim was published, dropped or aborted. */
  get isSettled(): boolean {
    return this.#settledSeq === this.#nextSeq;
  }

  /** True if frame `seq` and all before it were published, dropped or aborted. */
  hasSettled(seq: number): boolean {
    return seq < this.#settledSeq;
  }

  /** Bytes of the largest frame that fits. */
  get maxByteLength(): number {
    return (this.#pools[this.#pools.length - 1] as PayloadPool).strideBytes;
  }

  /**
   * Claims the next slot for a frame of `byteLength` bytes, from the smallest pool whose slots hold it (W-05), and marks it as being
   * written. Null if none is available now, see `refusalOf`.
   */
  tryClaim(byteLength: number, nowNs: number): SlotClaim | null {
    const pool = byteLength <= this.#smallestPool.strideBytes ? this.#smallestPool : this.#poolFor(byteLength);
    const seq = this.#nextSeq;
    if (pool === null || this.isFull || this.#publisher.isWaiting) return null;
    const index = this.#ring.indexOf(seq);
    let claim = this.#claims[index];
    if (claim === undefined) {
      claim = new SlotClaim(this, index);
      this.#claims[index] = claim;
    }
    this.#nextSeq = seq + 1;
    claim.begin(seq, pool, byteLength, nowNs);
    this.#ring.markWriting(index, seq);
    this.#claimed.increment();
    return claim;
  }

  /** Why there is no slot for this many bytes. */
  refusalOf(byteLength: number): "waiting" | "no-pool" | "slots-busy" {
    if (this.#publisher.isWaiting) return "waiting";
    return this.#poolFor(byteLength) === null ? "no-pool" : "slots-busy";
  }

  /** Makes the frame visible and publishes it in claim order. @throws ProducerError if the shape does not fit the claim */
  commitClaim(claim: SlotClaim, shape: FrameShape): void {
    this.#writeHeader(claim, shape);
    this.#ring.commit(claim.index, claim.seq);
    claim.state = ClaimState.COMMITTED;
    if (this.#progress.isBusy) this.#progress.end(claim, true);
    this.publishInOrder();
  }

  #publish(claim: SlotClaim): void {
    this.#ring.commit(claim.index, claim.seq);
    claim.state = ClaimState.COMMITTED;
    if (this.#progress.isBusy) this.#progress.end(claim, true);
    this.publishInOrder();
  }

  /** Like `commitClaim`, with shape and timestamp of a checked header. @throws ProducerError if the values have another length */
  commitCopy(claim: SlotClaim, from: FrameHeader): void {
    copyShape(this.#header, from, claim.byteLength);
    this.#dtype = null;
    this.#stampNs = Number.NaN;
    this.#finishHeader(claim);
    this.#publish(claim);
  }

  /**
   * Skips the seqs before `seq`, of frames that this stream does not carry: their slots are marked like those of aborted claims (W-19).
   * False if `seq` goes back, or while older frames are still to be published.
   */
  skipTo(seq: number): boolean {
    const nextSeq = this.#nextSeq;
    if (seq === nextSeq) return true;
    if (!(seq > nextSeq && seq <= MAX_SEQ) || !this.isSettled) return false;
    for (let passed = Math.max(nextSeq, seq - this.#ring.nslots); passed < seq; passed++) {
      this.#ring.markWriting(this.#ring.indexOf(passed), passed);
    }
    this.#passed.add(seq - nextSeq);
    this.#nextSeq = seq;
    this.#stageSeq = seq;
    this.#settledSeq = seq;
    return true;
  }

  abortClaim(claim: SlotClaim): void {
    // The slot stays marked as being written until its next frame: no reader considers it valid.
    claim.state = ClaimState.ABORTED;
    this.#aborted.increment();
    this.#progress.end(claim, false);
    this.publishInOrder();
  }

  beginProgress(claim: SlotClaim, shape: FrameShape): void {
    this.#writeHeader(claim, shape);
    this.#progress.begin(claim);
  }

  reportProgress(claim: SlotClaim, bytesFilled: number, rowsFilled: number | null): void {
    this.#progress.report(claim, bytesFilled, rowsFilled);
  }

  #poolFor(byteLength: number): PayloadPool | null {
    for (let i = 0; i < this.#pools.length; i++) {
      const pool = this.#pools[i] as PayloadPool;
      if (pool.strideBytes >= byteLength) return pool;
    }
    return null;
  }

  /** Writes the header's fields except the commit word. @throws ProducerError if the shape does not fit the claim */
  #writeHeader(claim: SlotClaim, shape: FrameShape): void {
    if (!this.#isShapeOfHeader(shape)) this.#setShape(shape);
    if (this.#neededBytes > claim.byteLength) {
      throw misfit(`a shape of at most ${claim.byteLength} bytes`, `one of ${this.#neededBytes}`);
    }
    if (shape.timestampNs !== undefined || claim.claimedNs !== this.#stampNs) this.#stamp(claim.claimedNs, shape);
    const header = this.#header;
    const { words } = header;
    header.frameId = claim.seq;
    words[HEADER_WORD.metaVersion] = this.metaVersion;
    words[HEADER_WORD.valuesLenBytes] = claim.byteLength;
    words[HEADER_WORD.payloadSlot] = claim.index;
    const { poolId } = claim.pool as PayloadPool;
    if (header.poolId !== poolId) header.poolId = poolId;
    this.#ring.writeHeader(claim.index, header);
    claim.timestampHigh = words[HEADER_WORD.timestampHigh] as number;
    claim.timestampLow = words[HEADER_WORD.timestampLow] as number;
    claim.metaVersion = this.metaVersion;
  }

  /** Writes the header of a copy. `#writeHeader` repeats these lines: a call would cost each frame of a producer a tenth of its time. */
  #finishHeader(claim: SlotClaim): void {
    const header = this.#header;
    const { words } = header;
    header.frameId = claim.seq;
    words[HEADER_WORD.metaVersion] = this.metaVersion;
    words[HEADER_WORD.valuesLenBytes] = claim.byteLength;
    words[HEADER_WORD.payloadSlot] = claim.index;
    const { poolId } = claim.pool as PayloadPool;
    if (header.poolId !== poolId) header.poolId = poolId;
    this.#ring.writeHeader(claim.index, header);
    claim.timestampHigh = words[HEADER_WORD.timestampHigh] as number;
    claim.timestampLow = words[HEADER_WORD.timestampLow] as number;
    claim.metaVersion = this.metaVersion;
  }

  /** Frames claimed in one cycle share a timestamp. */
  #stamp(claimedNs: number, { timestampNs }: FrameShape): void {
    if (timestampNs === undefined) stampClaim(this.#header, claimedNs);
    else stampOwn(this.#header, timestampNs);
    this.#stampNs = timestampNs === undefined ? claimedNs : Number.NaN;
  }

  /** True if the header still has this shape from the previous frame: it was checked then and is not checked again. */
  #isShapeOfHeader(shape: FrameShape): boolean {
    const header = this.#header;
    if (shape.dtype !== this.#dtype || shape.strides !== undefined || this.#hasStrides) return false;
    if (shape.dims.length !== header.ndims || (shape.majorOrder === "column") !== this.#isColumn) return false;
    for (let i = 0; i < header.ndims; i++) if (shape.dims[i] !== header.dims[i]) return false;
    return true;
  }

  /** @throws ProducerError "layout" */
  #setShape(shape: FrameShape): void {
    this.#dtype = null;
    this.#neededBytes = setShape(this.#header, shape);
    this.#isColumn = shape.majorOrder === "column";
    this.#hasStrides = shape.strides !== undefined;
    this.#dtype = shape.dtype;
  }

  /**
   * Stages the descriptors of committed frames from the oldest up to the first that is being filled, and publishes them; in a burst only
   * when staging is full, because more frames follow immediately.
   */
  publishInOrder(): void {
    const publisher = this.#publisher;
    while (this.#stageSeq < this.#nextSeq) {
      const claim = this.#claims[this.#ring.indexOf(this.#stageSeq)] as SlotClaim;
      if (claim.state === ClaimState.CLAIMED) break;
      if (claim.state === ClaimState.COMMITTED) {
        if (!publisher.hasRoom) this.#flush();
        if (!publisher.hasRoom) return;
        publisher.stage(claim);
        this.#stagedNs = claim.claimedNs;
      }
      claim.state = ClaimState.FREE;
      this.#stageSeq++;
    }
    if (!publisher.isBurst || !publisher.hasRoom) this.#flush();
    else if (publisher.length === 0) this.#settledSeq = this.#stageSeq;
  }

  #flush(): void {
    const publisher = this.#publisher;
    publisher.flush();
    this.#wake.published(publisher.publishedSeq, this.#stagedNs > this.#cycleNs ? this.#stagedNs : this.#cycleNs);
    const { oldestSeq } = publisher;
    this.#settledSeq = oldestSeq === NONE_STAGED ? this.#stageSeq : oldestSeq;
  }

  /** Descriptors that were held back are sent as soon as possible. */
  doWork(nowNs: number): number {
    this.#cycleNs = nowNs;
    this.#progress.doWork(nowNs);
    // Not in a continuous run of frames.
    if (this.#preparedSeq !== this.#nextSeq && this.#cycleSeq === this.#nextSeq) this.#prepareNext();
    this.#cycleSeq = this.#nextSeq;
    if (!this.#publisher.isWaiting) return 0;
    this.publishInOrder();
    return this.#publisher.isWaiting ? 0 : 1;
  }

  /**
   * Prefetches the next frame's slot from the cores that used it last, while there is time: a single frame would otherwise wait for each
   * cache line.
   */
  #prepareNext(): void {
    this.#preparedSeq = this.#nextSeq;
    const index = this.#ring.indexOf(this.#nextSeq);
    const claim = this.#claims[index];
    if (claim === undefined || claim.pool === null || this.isFull) return;
    this.#ring.prefetchForWrite(index);
    claim.pool.prefetchForWrite(index);
  }

  /** True while the slot of the next frame belongs to an older claim. */
  get isFull(): boolean {
    return this.#nextSeq - this.#settledSeq >= this.#ring.nslots;
  }

  /** Settles every claim with a counted outcome: frames being filled are aborted, held-back descriptors are tried a last time. */
  resolveAll(): void {
    const publisher = this.#publisher;
    publisher.isBurst = false;
    publisher.isGivingUp = true;
    for (const claim of this.#claims) claim?.abort();
    this.publishInOrder();
    publisher.isGivingUp = false;
  }

  /** Ends all claims' access to the memory and closes the regions. Idempotent. */
  close(): void {
    for (const claim of this.#claims) claim?.end();
    this.regions.close();
  }
}
