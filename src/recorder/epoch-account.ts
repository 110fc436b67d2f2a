import type { Consumer } from "../roles/consumer.ts";
import { LOSS_CAUSES, type LossCause } from "../roles/counters.ts";
import type { ChannelOwner, RecorderCause } from "./channel.ts";

/** Maps the recorder's causes of loss to the consumer's. */
const CONSUMER_CAUSE: Readonly<Record<RecorderCause, LossCause>> = {
  overwritten: "changed",
  stagingFull: "sinkTooSlow",
  diskTooSlow: "sinkTooSlow",
  diskFull: "sinkTooSlow",
  diskFailed: "sinkTooSlow",
};
const COUNTER_OF = {
  overwritten: "recordingOverwritten",
  stagingFull: "stagingFull",
  diskTooSlow: "diskTooSlow",
  diskFull: "diskFull",
  diskFailed: "diskFailed",
} as const satisfies Record<RecorderCause, string>;

/** One row of the ledger. published = recorded + pending + skipped + all missing frames. */
export interface LedgerRow {
  /** ns since 1970. */
  readonly time: string;
  readonly stream: number;
  readonly name: string;
  readonly epoch: string;
  /** True for the last row of the epoch. */
  readonly final: boolean;
  readonly published: number;
  readonly recorded: number;
  /** Accepted, but not yet on the disk. */
  readonly pending: number;
  /** Left out on purpose. */
  readonly skipped: number;
  /** Number of missing frames by cause; causes without frames are omitted. */
  readonly missing: Readonly<Record<string, number>>;
  readonly bytes: number;
  /** Seq of the first and the last recorded frame; null if there is none, or if a flight recorder left frames out. */
  readonly first: number | null;
  readonly last: number | null;
}

/** The account of one epoch of a stream: the outcome of each frame that its producer published. */
export class EpochAccount implements ChannelOwner {
  readonly epoch: bigint;
  readonly #consumer: Consumer;
  /** The consumer's counts from before the epoch. */
  readonly #before = new Map<LossCause | "skipped", number>();
  /** The consumer's counts at the end; null while the epoch lasts. */
  #after: ReadonlyMap<LossCause | "skipped", number> | null = null;
  /** The account of the epoch that the consumer currently counts for. */
  #current: () => EpochAccount | null;
  #recorded = 0;
  #bytes = 0;
  #pending = 0;
  /** Frames that a flight recorder did not write. */
  #passed = 0;
  readonly #own: Record<RecorderCause, number> = {
    overwritten: 0,
    stagingFull: 0,
    diskTooSlow: 0,
    diskFull: 0,
    diskFailed: 0,
  };
  firstSeq: number | null = null;
  lastSeq: number | null = null;
  isReported = false;

  constructor(epoch: bigint, consumer: Consumer, current: () => EpochAccount | null) {
    this.epoch = epoch;
    this.#consumer = consumer;
    this.#current = current;
    this.#read(this.#before);
  }

  get pending(): number {
    return this.#pending;
  }

  get hasEnded(): boolean {
    return this.#after !== null;
  }

  /** A frame was accepted and is being written to the disk. */
  onAccepted(seq: number): void {
    this.#pending++;
    this.firstSeq ??= seq;
    this.lastSeq = seq;
  }

  /** A frame was not accepted; the consumer counts it by the handler's answer. */
  onRefused(cause: RecorderCause, frames = 1): void {
    this.#own[cause] += frames;
    this.#consumer.counters.of[COUNTER_OF[cause]].add(frames);
  }

  onRecorded(frames: number, bytes: number): void {
    this.#pending -= frames;
    this.#recorded += frames;
    this.#bytes += bytes;
    this.#consumer.counters.of.recorded.add(frames);
    this.#consumer.counters.of.recordedBytes.add(bytes);
  }

  /** Frames that were accepted and then lost. */
  onLost(frames: number, bytes: number, cause: RecorderCause): void {
    this.#pending -= frames;
    this.onRefused(cause, frames);
    const { of } = this.#consumer.counters;
    const counted = CONSUMER_CAUSE[cause];
    of.accepted.add(-frames);
    of.bytes.add(-bytes);
    of[counted].add(frames);
    // They are not a loss of the epoch that the consumer reads now.
    const current = this.#current();
    if (current !== this && current !== null)
      current.#before.set(counted, (current.#before.get(counted) ?? 0) + frames);
  }

  onPassed(frames: number): void {
    this.#pending -= frames;
    this.#passed += frames;
    this.#consumer.counters.of.recordingPassed.add(frames);
  }

  end(): void {
    const after = new Map<LossCause | "skipped", number>();
    this.#read(after);
    // Losses from now on are added to the counts at the end.
    for (const [cause, count] of after) after.set(cause, count - (this.#before.get(cause) ?? 0));
    for (const cause of ["overwritten", "stagingFull", "diskTooSlow", "diskFull", "diskFailed"] as const) {
      const counted = CONSUMER_CAUSE[cause];
      after.set(counted, (after.get(counted) ?? 0) - this.#own[cause]);
    }
    this.#after = after;
  }

  row(time: bigint, name: string, isFinal: boolean): LedgerRow {
    const missing: Record<string, number> = {};
    const add = (cause: string, frames: number): void => {
      if (frames > 0) missing[cause] = (missing[cause] ?? 0) + frames;
    };
    for (const cause of LOSS_CAUSES) {
      // Frames that the recorder refused or lost are counted under its own causes.
      add(cause === "changed" ? "overwritten" : cause, this.#consumerMissing(cause));
    }
    for (const [cause, frames] of Object.entries(this.#own)) add(cause, frames);
    const skipped = this.#consumerMissing("skipped") + this.#passed;
    const lost = Object.values(missing).reduce((sum, frames) => sum + frames, 0);
    return {
      time: String(time),
      stream: this.#consumer.streamId,
      name,
      epoch: String(this.epoch),
      final: isFinal,
      published: this.#recorded + this.#pending + skipped + lost,
      recorded: this.#recorded,
      pending: this.#pending,
      skipped,
      missing,
      bytes: this.#bytes,
      // For a flight recorder these could be frames that passed.
      first: this.#passed === 0 ? this.firstSeq : null,
      last: this.#passed === 0 ? this.lastSeq : null,
    };
  }

  /** The consumer's own losses of this epoch. */
  #consumerMissing(cause: LossCause | "skipped"): number {
    if (this.#after !== null) return this.#after.get(cause) ?? 0;
    let count = this.#consumer.counters.of[cause].value - (this.#before.get(cause) ?? 0);
    if (cause === "changed") count -= this.#own.overwritten;
    if (cause === "sinkTooSlow") {
      const { stagingFull, diskTooSlow, diskFull, diskFailed } = this.#own;
      count -= stagingFull + diskTooSlow + diskFull + diskFailed;
    }
    return count;
  }

  #read(into: Map<LossCause | "skipped", number>): void {
    const { of } = this.#consumer.counters;
    for (const cause of LOSS_CAUSES) into.set(cause, of[cause].value);
    into.set("skipped", of.skipped.value);
  }
}
