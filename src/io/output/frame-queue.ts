/** Frames that wait to be written, in one buffer; small ones share it and are written together. */
export interface Batch {
  bytes: Uint8Array;
  byteLength: number;
  frames: number;
  /** Number of the first frame. */
  seq: number;
  /** Its timestamp, if each frame is a batch; otherwise 0. */
  timestampNs: bigint;
}

/** Small frames are gathered up to this size. */
const GATHER_BYTES = 256 * 1024;

export interface QueueLimits {
  /** Most buffers. */
  readonly frames: number;
  /** Most bytes, but always room for two frames. */
  readonly bytes: number;
  /** False if each frame must be written separately. */
  readonly isGathering: boolean;
}

export const DEFAULT_LIMITS: QueueLimits = { frames: 8, bytes: 64 * 1024 * 1024, isGathering: true };

/**
 * A bounded queue of frames that a sink owns. Its buffers are reused: with a steady frame size it allocates nothing. A frame is staged
 * first and enters the queue once it proves intact.
 */
export class FrameQueue {
  readonly #limits: QueueLimits;
  readonly #waiting: Batch[] = [];
  readonly #free: Batch[] = [];
  /** Batches held by the caller, between `take` and `release`. */
  #takenCount = 0;
  #staged: Batch | null = null;
  #isStagedNew = false;
  #stagedBytes = 0;
  #stagedSeq = 0;
  #stagedTimestampNs = 0n;
  #lastFrameBytes = 0;

  constructor(limits: QueueLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
  }

  /** True if another frame of the last one's size can be staged. */
  get hasRoom(): boolean {
    const needed = this.#lastFrameBytes;
    const last = this.#waiting.at(-1);
    if (last !== undefined && this.#fits(last, needed)) return true;
    return this.#waiting.length + this.#takenCount < this.#batchLimit(needed);
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#takenCount === 0;
  }

  /** Number of waiting frames, without those held by the caller. */
  get waitingFrames(): number {
    let frames = 0;
    for (const batch of this.#waiting) frames += batch.frames;
    return frames;
  }

  /** Copies a frame, after an optional prefix, to the buffer it would be written from. It does not count until `settle`. */
  stage(prefix: Uint8Array | null, values: Uint8Array, seq: number, timestampNs = 0n): void {
    const prefixBytes = prefix?.length ?? 0;
    const needed = prefixBytes + values.length;
    const last = this.#waiting.at(-1);
    const isNew = last === undefined || !this.#fits(last, needed);
    const batch = isNew ? this.#freeBatch(needed) : last;
    if (prefix !== null) batch.bytes.set(prefix, batch.byteLength);
    batch.bytes.set(values, batch.byteLength + prefixBytes);
    this.#staged = batch;
    this.#isStagedNew = isNew;
    this.#stagedBytes = needed;
    this.#stagedSeq = seq;
    this.#stagedTimestampNs = timestampNs;
    this.#lastFrameBytes = needed;
  }

  /** Puts the staged frame into the queue, or drops it. */
  settle(intact: boolean): void {
    const batch = this.#staged;
    if (batch === null) return;
    this.#staged = null;
    if (!intact) {
      if (this.#isStagedNew) this.#free.push(batch);
      return;
    }
    if (batch.frames === 0) {
      batch.seq = this.#stagedSeq;
      batch.timestampNs = this.#stagedTimestampNs;
    }
    batch.byteLength += this.#stagedBytes;
    batch.frames++;
    if (this.#isStagedNew) this.#waiting.push(batch);
  }

  /** The oldest batch, to be written; null if there is none. Nothing is added to it afterwards. */
  take(): Batch | null {
    const batch = this.#waiting[0];
    // The staged frame may be about to be added to this very batch.
    if (batch === undefined || batch === this.#staged) return null;
    this.#waiting.shift();
    this.#takenCount++;
    return batch;
  }

  /** Returns a written batch's buffer. */
  release(batch: Batch): void {
    this.#takenCount--;
    this.#recycle(batch);
  }

  /** Drops all waiting frames; returns their number. */
  clear(): number {
    const frames = this.waitingFrames;
    this.#staged = null;
    for (const batch of this.#waiting.splice(0)) this.#recycle(batch);
    return frames;
  }

  #recycle(batch: Batch): void {
    batch.byteLength = 0;
    batch.frames = 0;
    this.#free.push(batch);
  }

  #fits(batch: Batch, byteLength: number): boolean {
    return this.#limits.isGathering && batch.byteLength + byteLength <= batch.bytes.length;
  }

  #capacityFor(frameBytes: number): number {
    return this.#limits.isGathering ? Math.max(frameBytes, GATHER_BYTES) : frameBytes;
  }

  #batchLimit(frameBytes: number): number {
    const capacity = Math.max(1, this.#capacityFor(frameBytes));
    return Math.max(2, Math.min(this.#limits.frames, Math.floor(this.#limits.bytes / capacity)));
  }

  #freeBatch(byteLength: number): Batch {
    const batch = this.#free.pop() ?? { bytes: new Uint8Array(0), byteLength: 0, frames: 0, seq: 0, timestampNs: 0n };
    const capacity = this.#capacityFor(byteLength);
    // Buffers of an earlier frame size are replaced, so that the memory limit holds.
    if (batch.bytes.length !== capacity) batch.bytes = new Uint8Array(new ArrayBuffer(capacity));
    return batch;
  }
}
