import { BridgeState } from "./bridge-state.ts";
import type { ConsumerRecord } from "./consumer-record.ts";
import type { AnnounceFact, AttributeFact, DescriptorFact, PoolFact } from "./facts.ts";
import type { HeldLease } from "./held-lease.ts";
import { RateWindow } from "./rate-window.ts";
import { RunningTotal, reported } from "./running-total.ts";

const NEVER = Number.NEGATIVE_INFINITY;
const MAX_RESTARTS_KEPT = 16;

/** "live": there is a producer; "idle": announced without a producer (D-04); "lost": the producer fell silent. */
export type StreamState = "live" | "idle" | "lost";

export interface EpochChange {
  readonly atNs: number;
  readonly epoch: bigint;
}

export interface LayoutView {
  readonly layoutVersion: number;
  readonly nslots: number;
  readonly pools: readonly PoolFact[];
  readonly headerRegionUri: string;
}

/** State of one stream. */
export class StreamRecord {
  readonly streamId: number;
  readonly firstSeenNs: number;
  readonly consumers = new Map<number, ConsumerRecord>();
  state: StreamState = "idle";
  /** Null while unknown. */
  epoch: bigint | null = null;
  /** The epoch whose producer was reported to be gone; later messages of it were in transit. */
  endedEpoch: bigint | null = null;
  /** 0: none. */
  producerId = 0;
  name: string | null = null;
  summary = "";
  metaVersion: number | null = null;
  attributes: readonly AttributeFact[] = [];
  layout: LayoutView | null = null;
  pid: number | null = null;
  /** Lease of the producer; null before one was seen. */
  lease: HeldLease | null = null;
  lastSignNs: number;
  lastProducerSignNs = NEVER;
  lastAnnounceNs = NEVER;
  lastDescriptorNs = NEVER;
  lastDescriptor: DescriptorFact | null = null;
  /** Newest frame that the producer reports as written. */
  currentSeq: number | null = null;
  /** Epochs that followed the first one, the newest last. */
  restarts: readonly EpochChange[] = [];
  restartCount = 0;
  /** From the producer's counters; null while these cannot be read. */
  published: RunningTotal | null = null;
  bytes: RunningTotal | null = null;
  /** For a producer whose frames come from another host. */
  readonly bridge = new BridgeState();
  /** Frames of all epochs since the first observed one. */
  readonly frames = new RunningTotal();
  /** Time of the producer's last sign of life, and its seq then. */
  #lastPointNs = NEVER;
  #lastPointSeq = 0;
  readonly #byDescriptor = new RateWindow();
  readonly #byQos = new RateWindow();

  constructor(streamId: number, nowNs: number) {
    this.streamId = streamId;
    this.firstSeenNs = nowNs;
    this.lastSignNs = nowNs;
  }

  /** Frames per second: from descriptors if they are seen, otherwise from the producer's QoS. */
  framesPerSecond(nowNs: number): number | null {
    const isSeen = this.#byDescriptor.isCurrent(nowNs);
    return isSeen ? this.#byDescriptor.perSecond(nowNs) : this.#byQos.perSecond(nowNs);
  }

  /** Newest known frame of the epoch. */
  get newestSeq(): number | null {
    const seq = this.lastDescriptor?.seq ?? null;
    if (seq === null || this.currentSeq === null) return seq ?? this.currentSeq;
    return Math.max(seq, this.currentSeq);
  }

  /** Seq of the producer at its last sign of life; null before the first. */
  get lastPoint(): { readonly ns: number; readonly seq: number } | null {
    return this.newestSeq === null ? null : { ns: this.#lastPointNs, seq: this.newestSeq };
  }

  onAnnounce(nowNs: number, fact: AnnounceFact): void {
    this.lastAnnounceNs = nowNs;
    const { layoutVersion, nslots, pools, headerRegionUri } = fact;
    this.layout = { layoutVersion, nslots, pools, headerRegionUri };
  }

  /** An older seq of the same epoch was in transit: it is no restart. */
  onProducerSeq(nowNs: number, seq: number): void {
    if (this.currentSeq !== null && seq < this.currentSeq) return;
    this.currentSeq = seq;
    this.#byQos.add(nowNs, seq);
    this.#countFrames(nowNs);
  }

  /**
   * The newest descriptor of a publication, whether or not it has changed. A producer that has added its publication again has two for a
   * while: an older seq of the same epoch is the last descriptor of the former one.
   */
  onDescriptor(nowNs: number, fact: DescriptorFact): void {
    if (this.lastDescriptor !== null && fact.seq < this.lastDescriptor.seq) return;
    if (fact.seq !== this.lastDescriptor?.seq) this.lastDescriptorNs = nowNs;
    this.lastDescriptor = fact;
    this.#byDescriptor.add(nowNs, fact.seq);
    this.#countFrames(nowNs);
  }

  onCounters(nowNs: number, counts: ReadonlyMap<string, number>): void {
    const published = counts.get("published");
    const bytes = counts.get("bytes");
    if (published !== undefined) this.published = reported(this.published, nowNs, published);
    if (bytes !== undefined) this.bytes = reported(this.bytes, nowNs, bytes);
  }

  /** Begins another epoch: seqs and rates restart. */
  begin(nowNs: number, epoch: bigint): void {
    if (this.epoch !== null) {
      this.restartCount++;
      this.restarts = [...this.restarts.slice(1 - MAX_RESTARTS_KEPT), { atNs: nowNs, epoch }];
    }
    this.epoch = epoch;
    this.currentSeq = null;
    this.lastDescriptor = null;
    this.#byDescriptor.restart();
    this.#byQos.restart();
    this.frames.beginAnew();
    this.#lastPointNs = NEVER;
    this.published?.restartRate();
    this.bytes?.restartRate();
  }

  #countFrames(nowNs: number): void {
    this.#refineLags(nowNs);
    // A producer reports 0 both before its first frame and after it.
    const isNone = this.lastDescriptor === null && this.currentSeq === 0;
    this.frames.report(nowNs, isNone ? 0 : (this.newestSeq ?? -1) + 1);
  }

  /** Consumers report between two messages of the producer: its position at a report is interpolated from both. */
  #refineLags(nowNs: number): void {
    const seq = this.newestSeq;
    if (seq === null) return;
    for (const consumer of this.consumers.values()) {
      if (consumer.epoch === this.epoch) consumer.refineLag(this.#lastPointNs, this.#lastPointSeq, nowNs, seq);
    }
    this.#lastPointNs = nowNs;
    this.#lastPointSeq = seq;
  }
}
