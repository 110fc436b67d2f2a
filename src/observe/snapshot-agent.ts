import type { Agent } from "../core/agent.ts";
import type { Clock } from "../core/clock.ts";
import { TensorPoolError } from "../core/errors.ts";
import { describeLayout } from "../io/index.ts";
import type { Sink } from "../io/types.ts";
import type { Attribute } from "../protocol/attribute.ts";
import { Frame } from "../roles/frame.ts";
import { FrameReader } from "../roles/frame-reader.ts";
import { type AllowedBaseDirs, MappedStream, type PoolAnnouncement } from "../shm/index.ts";
import type { StreamMeta } from "./known-streams.ts";
import { NO_FRAME, RingFollower } from "./ring-follower.ts";

/** The frame cannot be shown in the requested form. */
class SnapshotError extends TensorPoolError<"unsupported"> {}

/** The frame that was taken. */
export interface TakenFrame {
  readonly seq: number;
  readonly layout: string;
  readonly byteLength: number;
  readonly timestampNs: bigint;
  readonly ageNs: number;
  readonly metaVersion: number;
}

export interface SnapshotOptions {
  readonly baseDirs: AllowedBaseDirs;
  readonly clock: Clock;
  readonly sink: Sink;
  /** Takes only a frame that is committed from now on. */
  readonly isNew: boolean;
  readonly onDone: () => void;
}

/**
 * Takes the newest frame of a mapped stream without being a consumer of it: it needs no descriptor, and the producer does not notice. The
 * frame is checked as by any reader, and copied before it counts as intact.
 */
export class SnapshotAgent implements Agent {
  readonly roleName = "snapshot";
  taken: TakenFrame | null = null;
  readonly #options: SnapshotOptions;
  readonly #frame: Frame;
  #meta: StreamMeta | null = null;
  #stream: MappedStream | null = null;
  #reader: FrameReader | null = null;
  #follower: RingFollower | null = null;
  #afterSeq = NO_FRAME;

  constructor(options: SnapshotOptions) {
    this.#options = options;
    this.#frame = new Frame(
      () => options.clock.nanoTime(),
      (metaVersion) => this.#attributesOf(metaVersion),
    );
  }

  /** Maps the announced regions in place of those mapped before. @throws RegionError */
  map(announcement: PoolAnnouncement): void {
    if (this.#stream?.epoch === announcement.epoch) return;
    const { baseDirs, isNew } = this.#options;
    const isFirst = this.#stream === null;
    this.#unmap();
    this.#stream = MappedStream.map(announcement, baseDirs);
    this.#reader = new FrameReader(this.#stream);
    this.#follower = RingFollower.map(announcement, baseDirs);
    this.#follower.skipToNewest();
    this.#afterSeq = isNew && isFirst ? this.#follower.newestSeq : NO_FRAME;
  }

  set meta(meta: StreamMeta | null) {
    this.#meta = meta;
  }

  doWork(nowNs: number): number {
    if (this.taken === null) this.#take();
    const { sink, onDone } = this.#options;
    const work = sink.doWork(nowNs);
    if (this.taken !== null && (sink.drained || sink.closedByReader)) onDone();
    return work;
  }

  async onClose(): Promise<void> {
    this.#unmap();
    await this.#options.sink.close();
  }

  #take(): void {
    if (this.#follower === null || this.#reader === null) return;
    this.#follower.skipToNewest();
    const seq = this.#follower.newestSeq;
    if (seq <= this.#afterSeq) return;
    const frame = this.#frame;
    // An unreadable frame may be in the middle of an overwrite: the next look finds a newer one.
    if (this.#reader.begin(frame, seq) !== null) return;
    const taken = takenOf(frame);
    const { sink } = this.#options;
    let isIntact = false;
    try {
      if (!frame.isContiguous) {
        throw new SnapshotError(
          "unsupported",
          `frame ${seq}: expected a contiguous one, found strides ${frame.strides}`,
        );
      }
      sink.accept(frame);
    } finally {
      isIntact = this.#reader.end(frame);
      sink.settle(isIntact);
    }
    if (isIntact) this.taken = taken;
  }

  #attributesOf(metaVersion: number): readonly Attribute[] {
    return this.#meta?.metaVersion === metaVersion ? this.#meta.attributes : [];
  }

  #unmap(): void {
    this.#follower?.[Symbol.dispose]();
    this.#stream?.close();
    this.#follower = null;
    this.#reader = null;
    this.#stream = null;
  }
}

function takenOf(frame: Frame): TakenFrame {
  const { seq, dtype, dims, majorOrder, byteLength, timestampNs, ageNs, metaVersion } = frame;
  const layout = describeLayout({ dtype, dims, majorOrder, byteLength });
  return { seq, layout, byteLength, timestampNs, ageNs, metaVersion };
}
