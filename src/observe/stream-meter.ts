import { monotonic } from "../aeron/monotonic.ts";
import { messageOf } from "../core/errors.ts";
import { formatDuration } from "../core/units.ts";
import type { FrameHeader } from "../protocol/frame-header.ts";
import { CADENCE_NS, LIVENESS_PERIODS } from "../protocol/stream-ids.ts";
import { type AllowedBaseDirs, RegionError } from "../shm/index.ts";
import { frameRate, Spread, type SpreadSummary } from "./frame-statistics.ts";
import type { KnownStream } from "./known-streams.ts";
import { CALM_NS } from "./observer-idle.ts";
import { NO_FRAME, RingFollower } from "./ring-follower.ts";

/** Measurement of a stream since the last reading. */
export interface StreamReading {
  readonly streamId: number;
  readonly name: string | null;
  readonly epoch: bigint | null;
  /** Frames with an assigned seq. */
  readonly frames: number;
  /** Frames whose header was read: all, unless they arrived faster than they could be read. */
  readonly seen: number;
  readonly framesPerSecond: number;
  /** Nanoseconds between the timestamps of successive frames; null without two frames in a row. */
  readonly intervalNs: SpreadSummary | null;
  /** Size of a frame in bytes; null without frames. */
  readonly frameBytes: SpreadSummary | null;
  readonly bytesPerSecond: number;
  /** Why nothing is measured, or a remark on the measurement; null if there is none. */
  readonly note: string | null;
}

const TWO_32 = 0x1_0000_0000;
/** A ring that is written faster than this is sampled instead of followed. */
const FASTEST_LOOK_NS = 25e6;

/** Measures the frames of one stream over its epochs, by its header ring. */
export class StreamMeter implements Disposable {
  readonly streamId: number;
  readonly #baseDirs: AllowedBaseDirs;
  readonly #interval = new Spread();
  readonly #bytes = new Spread();
  readonly #onFrame = (seq: number, header: FrameHeader): void => this.#take(seq, header);
  #stream: KnownStream;
  #follower: RingFollower | null = null;
  /** The announce that was tried last, so that a refused one is not tried at each look. */
  #triedKey = "";
  #problem: string | null = null;
  #frames = 0;
  #readNs = Number.NaN;
  #framesPerSecond = 0;
  /** High word of the epoch's first read timestamp: `#lastStampNs` is relative to it. */
  #baseHigh = 0;
  #lastSeq = NO_FRAME;
  #lastStampNs = 0;
  /** Values at the last reading. */
  #readStampNs = Number.NaN;

  constructor(stream: KnownStream, baseDirs: AllowedBaseDirs) {
    this.streamId = stream.streamId;
    this.#stream = stream;
    this.#baseDirs = baseDirs;
    this.onNews(stream);
  }

  /** Updates the state of the stream. */
  onNews(stream: KnownStream): void {
    this.#stream = stream;
    const { announcement } = stream;
    if (announcement === null || announcement.epoch === this.#follower?.epoch) return;
    const key = `${announcement.epoch} ${announcement.headerRegionUri}`;
    if (key === this.#triedKey) return;
    this.#triedKey = key;
    const isFirst = this.#follower === null;
    this.#leave();
    try {
      this.#follower = RingFollower.map(announcement, this.#baseDirs);
      this.#problem = null;
      // In the epoch that was found at the start, only frames from now on are measured; in later epochs, all.
      if (isFirst) this.#follower.skipToNewest();
    } catch (error) {
      if (!(error instanceof RegionError)) throw error;
      this.#problem = messageOf(error);
    }
  }

  /** Reads the frames that were committed since the last look. */
  look(): void {
    const follower = this.#follower;
    if (follower === null) return;
    const before = follower.newestSeq;
    follower.look(this.#onFrame);
    this.#frames += follower.newestSeq - before;
  }

  /** How long it may rest without missing a frame, at the rate of the last reading; or because it cannot see every frame. */
  get restNs(): number {
    if (Number.isNaN(this.#readNs)) return FASTEST_LOOK_NS;
    const halfRingNs = ((this.#follower?.nslots ?? 0) / 2 / this.#framesPerSecond) * 1e9;
    return halfRingNs >= FASTEST_LOOK_NS && halfRingNs < CALM_NS ? halfRingNs : CALM_NS;
  }

  /** The measurement since the last reading. */
  read(nowNs: number): StreamReading {
    this.look();
    const elapsedNs = Number.isNaN(this.#readNs) ? 0 : nowNs - this.#readNs;
    const stampedNs = this.#lastStampNs - this.#readStampNs;
    const framesPerSecond = frameRate(this.#frames, elapsedNs, stampedNs, CALM_NS);
    const frameBytes = this.#bytes.summary();
    const reading: StreamReading = {
      streamId: this.streamId,
      name: this.#stream.name,
      epoch: this.#stream.epoch,
      frames: this.#frames,
      seen: this.#bytes.count,
      framesPerSecond,
      intervalNs: this.#interval.summary(),
      frameBytes,
      bytesPerSecond: framesPerSecond * (frameBytes?.mean ?? 0),
      note: this.#note(nowNs),
    };
    this.#readNs = nowNs;
    this.#framesPerSecond = framesPerSecond;
    this.#readStampNs = this.#lastSeq === NO_FRAME ? Number.NaN : this.#lastStampNs;
    this.#frames = 0;
    this.#interval.clear();
    this.#bytes.clear();
    return reading;
  }

  [Symbol.dispose](): void {
    this.#leave();
  }

  #take(seq: number, header: FrameHeader): void {
    if (this.#lastSeq === NO_FRAME) this.#baseHigh = header.timestampHigh;
    const stampNs = (header.timestampHigh - this.#baseHigh) * TWO_32 + header.timestampLow;
    if (this.#lastSeq !== NO_FRAME && seq === this.#lastSeq + 1) this.#interval.add(stampNs - this.#lastStampNs);
    this.#bytes.add(header.valuesLenBytes);
    this.#lastSeq = seq;
    this.#lastStampNs = stampNs;
  }

  #leave(): void {
    // Frames written until the end count as well.
    this.look();
    this.#follower?.[Symbol.dispose]();
    this.#follower = null;
    this.#lastSeq = NO_FRAME;
    this.#readStampNs = Number.NaN;
  }

  #note(nowNs: number): string | null {
    if (this.#problem !== null) return this.#problem;
    if (this.#follower === null) return "no regions were announced yet";
    const { activityNs } = this.#follower;
    if (activityNs === 0n) return "the stream has ended";
    const silentNs = nowNs - monotonic.fromBigint(activityNs);
    if (silentNs > CADENCE_NS * LIVENESS_PERIODS) return `no sign of life for ${formatDuration(silentNs)}`;
    return this.#frames === 0 ? "no frame" : null;
  }
}
