import { messageOf } from "../core/errors.ts";
import { getLogger } from "../core/logger.ts";
import type { Dtype, MajorOrder } from "../protocol/dtype.ts";
import { Frame } from "../roles/frame.ts";
import { FrameReader } from "../roles/frame-reader.ts";
import { type AllowedBaseDirs, MappedStream, type PoolAnnouncement, RegionError } from "../shm/index.ts";
import { type FrameEye, NO_SEQ } from "./frame-eye.ts";

const log = getLogger("view");
const refusedLog = log.every(10e9);

/** Limits how often frames are timed: a fast stream's ring is not searched for each frame. */
const TIMING_REST_NS = 20e6;

/** The shape of the last inspected frame. */
export interface SeenShape {
  readonly dtype: Dtype;
  readonly dims: readonly number[];
  readonly strides: readonly number[];
  readonly majorOrder: MajorOrder;
}

/**
 * Reads the mapped regions of one stream without being a consumer: it sends nothing, waits for no descriptor and has no window, so that it
 * cannot disturb the producer or other consumers.
 */
export class StreamEye implements FrameEye {
  readonly streamId: number;
  /** Why the regions could not be mapped; null if they are mapped or were not announced. */
  trouble: string | null = null;
  /** Number of views that use it. */
  users = 0;
  /** Frames that were overwritten during the read. */
  overwritten = 0;
  shape: SeenShape | null = null;
  /** Size of the last inspected frame; null before the first. */
  frameBytes: number | null = null;
  readonly #baseDirs: AllowedBaseDirs;
  readonly #frame: Frame;
  #announcement: PoolAnnouncement | null = null;
  #stream: MappedStream | null = null;
  #reader: FrameReader | null = null;
  #newestSeq = NO_SEQ;
  /** The newest frame when the wait for the next one to be timed began; `NO_SEQ` while nothing is timed. */
  #timedAfterSeq = NO_SEQ;
  #restUntilNs = Number.NEGATIVE_INFINITY;

  constructor(streamId: number, baseDirs: AllowedBaseDirs, nowNs: () => number) {
    this.streamId = streamId;
    this.#baseDirs = baseDirs;
    this.#frame = new Frame(nowNs, () => []);
  }

  /** The mapped epoch; null while nothing is mapped. */
  get epoch(): bigint | null {
    return this.#stream?.epoch ?? null;
  }

  /** Maps announced regions in place of another epoch; null unmaps. Refused regions are not tried again until the next announce. */
  map(announcement: PoolAnnouncement | null): void {
    if (announcement === this.#announcement) return;
    this.#announcement = announcement;
    if (announcement !== null && this.#stream?.epoch === announcement.epoch) return;
    this.close();
    if (announcement === null) return;
    this.#announcement = announcement;
    try {
      this.#stream = MappedStream.map(announcement, this.#baseDirs);
      this.#reader = new FrameReader(this.#stream);
      this.#newestSeq = NO_SEQ;
      this.trouble = null;
    } catch (error) {
      if (!(error instanceof RegionError)) throw error;
      this.trouble = messageOf(error);
      refusedLog.warn(`stream ${this.streamId} cannot be shown: ${this.trouble}`);
    }
  }

  /** Seq of the newest committed frame; `NO_SEQ` before the first. */
  newestSeq(): number {
    const reader = this.#reader;
    if (reader === null) return NO_SEQ;
    // The whole ring is searched again only when there is a new frame.
    if (this.#newestSeq === NO_SEQ || reader.hasReached(this.#newestSeq + 1)) {
      this.#newestSeq = reader.newestSeq(this.#newestSeq, false);
    }
    return this.#newestSeq;
  }

  /** Reads a frame in place. True if it was present and intact until `read` returned; otherwise discard everything read. */
  read(seq: number, read: (frame: Frame) => void): boolean {
    const reader = this.#reader;
    if (reader === null || seq === NO_SEQ || reader.begin(this.#frame, seq) !== null) return false;
    let isIntact = false;
    try {
      read(this.#frame);
    } finally {
      isIntact = reader.end(this.#frame);
    }
    if (!isIntact) this.overwritten++;
    return isIntact;
  }

  /**
   * Nanoseconds from a frame's timestamp until now, if it is the first one since the previous call; otherwise null. To be called in every
   * cycle: a frame that was already present shows nothing about its delay.
   */
  timeFrame(nowNs: number): number | null {
    if (nowNs < this.#restUntilNs) return null;
    const newest = this.newestSeq();
    const isNext = this.#timedAfterSeq !== NO_SEQ && newest > this.#timedAfterSeq;
    if (!isNext) {
      this.#timedAfterSeq = newest;
      return null;
    }
    this.#timedAfterSeq = NO_SEQ;
    this.#restUntilNs = nowNs + TIMING_REST_NS;
    let ageNs = 0;
    const isIntact = this.read(newest, (frame) => {
      ageNs = frame.ageNs;
    });
    return isIntact ? ageNs : null;
  }

  /** Reads the shape of the newest frame. */
  look(): void {
    let seen: SeenShape | null = null;
    let frameBytes = 0;
    const isIntact = this.read(this.newestSeq(), ({ dtype, dims, strides, majorOrder, byteLength }) => {
      seen = { dtype, dims, strides, majorOrder };
      frameBytes = byteLength;
    });
    if (!isIntact) return;
    this.shape = seen;
    this.frameBytes = frameBytes;
  }

  /** Unmaps. */
  close(): void {
    this.#frame.forget();
    this.#stream?.close();
    this.#stream = null;
    this.#reader = null;
    this.#announcement = null;
    this.#newestSeq = NO_SEQ;
    this.#timedAfterSeq = NO_SEQ;
  }
}
