import type { ConsumerMode } from "../../protocol/mode-filter.ts";
import { CADENCE_NS } from "../../protocol/stream-ids.ts";
import { BridgeState } from "./bridge-state.ts";
import type { ConfigFact, HelloFact, QosConsumerFact } from "./facts.ts";
import type { HeldLease } from "./held-lease.ts";
import { RateWindow } from "./rate-window.ts";
import { RunningTotal, reported } from "./running-total.ts";
import { Sustained } from "./sustained.ts";

/** A session that was silent for two periods is replaced by another one with its id. */
const TAKE_OVER_NS = 2 * CADENCE_NS;
/** A producer that was silent for this long has not written more frames. */
const PRODUCER_QUIET_NS = 2 * CADENCE_NS;
const NEVER = Number.NEGATIVE_INFINITY;

/** Counters of a recording consumer: frames that it could not record. */
const RECORDER_CAUSES: ReadonlySet<string> = new Set([
  "recordingOverwritten",
  "stagingFull",
  "diskTooSlow",
  "diskFull",
  "diskFailed",
]);

/** Causes that are also on the wire, as parts of dropsGap and dropsLate (W-19). */
const CAUSES_ON_THE_WIRE: ReadonlySet<string> = new Set([
  "gap",
  "resync",
  "detached",
  "overwritten",
  "odd",
  "changed",
  "identity",
]);

/** State of one consumer of one stream. */
export class ConsumerRecord {
  readonly streamId: number;
  readonly consumerId: number;
  readonly firstSeenNs: number;
  /** The session that currently uses this id; null while only its counters are known. */
  sessionId: number | null = null;
  /** Null before its first report. */
  mode: ConsumerMode | null = null;
  maxRateHz: number | null = null;
  supportsShm: boolean | null = null;
  supportsProgress: boolean | null = null;
  /** Mapped epoch; 0 while nothing is mapped, null before its first report. */
  epoch: bigint | null = null;
  lastSeqSeen: number | null = null;
  /** Number of frames by which the producer was ahead at the last report; null unless both had the same epoch. */
  lag: number | null = null;
  pid: number | null = null;
  /** Null before a lease was seen. */
  lease: HeldLease | null = null;
  isLost = false;
  /** Messages that arrive until then were in transit when its end was reported. */
  endedUntilNs = NEVER;
  /** Its lease has ended, and no other was granted since: its messages may still belong to that lease. */
  isWithoutLease = false;
  /** When it was first received again without a new lease having been seen. */
  heardAgainNs = NEVER;
  /** False while it has only sent one hello, as tools do to find streams. */
  isConfirmed = false;
  lastSignNs: number;
  lastHelloNs = NEVER;
  lastQosNs = NEVER;
  /** Number of times that another session used this id (W-38). */
  conflicts = 0;
  lastConflictNs = NEVER;
  restarts = 0;
  readonly dropsGap = new RunningTotal();
  readonly dropsLate = new RunningTotal();
  /** Lost frames by cause, from its counters; empty while these cannot be read. */
  readonly causes = new Map<string, RunningTotal>();
  /** For a recording consumer: frames that it could not record, by its own causes. They are a part of `causes`. */
  readonly recorderCauses = new Map<string, RunningTotal>();
  /** From its counters; null while these cannot be read. */
  accepted: RunningTotal | null = null;
  isRecording = false;
  /** For a consumer that sends to another host. */
  readonly bridge = new BridgeState();
  /** For a consumer that records. */
  recorded: RunningTotal | null = null;
  bytes: RunningTotal | null = null;
  /** True while drops are above the threshold of events. */
  isDropping = false;
  readonly dropsAbove = new Sustained();
  readonly dropsBelow = new Sustained();
  /** The last ordered factor. Reports do not change it: a report from before the change may arrive after the order. */
  #toldDecimation: number | null = null;
  readonly #passed = new RateWindow();
  readonly #drops = new RateWindow();
  #otherSessionNs = NEVER;
  /** True while the lag is not yet that of the last report. */
  #isLagOpen = false;

  constructor(streamId: number, consumerId: number, nowNs: number) {
    this.streamId = streamId;
    this.consumerId = consumerId;
    this.firstSeenNs = nowNs;
    this.lastSignNs = nowNs;
  }

  /** With mode "decimated", the factor of the last ConsumerConfig; null if none was seen. */
  get decimation(): number | null {
    return this.mode === "decimated" ? this.#toldDecimation : null;
  }

  /** Lost frames, for all known causes. */
  get drops(): number {
    return this.dropsGap.total + this.dropsLate.total + this.#otherDrops();
  }

  dropsPerSecond(nowNs: number): number | null {
    return this.#drops.perSecond(nowNs);
  }

  /** Frames of the stream that passed the consumer per second, whether read or not. */
  passedPerSecond(nowNs: number): number | null {
    return this.#passed.perSecond(nowNs);
  }

  /** Ratio of lost frames to passed frames in the last seconds, 0 to 1; null while unknown. */
  dropRatio(nowNs: number): number | null {
    if (!this.#drops.isCurrent(nowNs) || !this.#passed.isCurrent(nowNs)) return null;
    const lost = this.#drops.growth;
    // Lost frames have passed as well, even if `lastSeqSeen` has not moved yet.
    const passed = Math.max(this.#passed.growth, lost);
    return passed === 0 ? 0 : lost / passed;
  }

  onHello(nowNs: number, fact: HelloFact): void {
    this.lastHelloNs = nowNs;
    this.supportsShm = fact.supportsShm;
    this.supportsProgress = fact.supportsProgress;
    this.maxRateHz = fact.maxRateHz;
    this.mode = fact.mode;
  }

  /** `producer`: seq of this epoch's producer at its last sign of life; null if unknown. */
  onQos(nowNs: number, fact: QosConsumerFact, producer: { readonly ns: number; readonly seq: number } | null): void {
    this.lastQosNs = nowNs;
    this.mode = fact.mode;
    if (fact.epoch !== this.epoch) this.restartRates();
    this.epoch = fact.epoch;
    this.lastSeqSeen = fact.epoch === 0n ? null : fact.lastSeqSeen;
    // The next message of a continuing producer shows its present position, see `refineLag`.
    const isNow =
      producer === null || this.lag === null || producer.ns === nowNs || nowNs - producer.ns > PRODUCER_QUIET_NS;
    if (isNow) this.lag = producer === null ? null : Math.max(0, producer.seq - fact.lastSeqSeen);
    this.#isLagOpen = !isNow;
    this.dropsGap.report(nowNs, fact.dropsGap);
    this.dropsLate.report(nowNs, fact.dropsLate);
    if (fact.epoch !== 0n) this.#passed.add(nowNs, fact.lastSeqSeen);
    this.#drops.add(nowNs, this.drops);
  }

  /** Computes the lag at the last report from the producer's positions before and after it. */
  refineLag(beforeNs: number, beforeSeq: number, afterNs: number, afterSeq: number): void {
    if (!this.#isLagOpen || this.lastSeqSeen === null) return;
    this.#isLagOpen = false;
    const spanNs = afterNs - beforeNs;
    const share = spanNs > 0 ? Math.max(0, Math.min(1, (this.lastQosNs - beforeNs) / spanNs)) : 1;
    this.lag = Math.max(0, Math.round(beforeSeq + (afterSeq - beforeSeq) * share) - this.lastSeqSeen);
  }

  onConfig(fact: ConfigFact): void {
    this.#toldDecimation = fact.mode === "decimated" ? Math.max(1, fact.decimation) : null;
  }

  onCounters(nowNs: number, counts: ReadonlyMap<string, number>, causes: ReadonlySet<string>): void {
    for (const [name, count] of counts) {
      if (name === "accepted") this.accepted = reported(this.accepted, nowNs, count);
      else if (name === "recorded") this.recorded = reported(this.recorded, nowNs, count);
      else if (name === "recording") this.isRecording = count > 0;
      else if (name === "bytes") this.bytes = reported(this.bytes, nowNs, count);
      else if (causes.has(name)) reportCause(this.causes, nowNs, name, count);
      else if (RECORDER_CAUSES.has(name)) reportCause(this.recorderCauses, nowNs, name, count);
    }
  }

  /**
   * Assigns a report under this id to an Aeron session (W-38). "other": a second session, which is not accepted yet: it may be a restart,
   * in which case the first one falls silent. "duplicate": the first one continues.
   */
  hear(nowNs: number, sessionId: number): "same" | "duplicate" | "other" | "new" {
    if (this.sessionId === null) this.sessionId = sessionId;
    if (sessionId === this.sessionId) {
      const isDuplicate = this.#otherSessionNs > this.lastQosNs;
      if (isDuplicate) this.conflicts++;
      return isDuplicate ? "duplicate" : "same";
    }
    if (nowNs - this.lastQosNs > TAKE_OVER_NS) {
      this.sessionId = sessionId;
      this.#toldDecimation = null;
      this.restarts++;
      this.restartRates();
      return "new";
    }
    this.#otherSessionNs = nowNs;
    return "other";
  }

  /** This is the consumer of another record under a new id: its counts continue from that record's reports. */
  continueFrom(earlier: ConsumerRecord): void {
    this.epoch = earlier.epoch;
    this.dropsGap.continueFrom(earlier.dropsGap);
    this.dropsLate.continueFrom(earlier.dropsLate);
    if (!Number.isFinite(earlier.lastQosNs)) return;
    if (earlier.lastSeqSeen !== null) this.#passed.add(earlier.lastQosNs, earlier.lastSeqSeen);
    this.#drops.add(earlier.lastQosNs, 0);
  }

  restartRates(): void {
    this.#passed.restart();
    this.#drops.restart();
    this.dropsGap.restartRate();
    this.dropsLate.restartRate();
  }

  #otherDrops(): number {
    let sum = 0;
    for (const [name, cause] of this.causes) if (!CAUSES_ON_THE_WIRE.has(name)) sum += cause.total;
    return sum;
  }
}

/** Most consumers have no losses for most causes: causes without losses are not kept. */
function reportCause(causes: Map<string, RunningTotal>, nowNs: number, name: string, count: number): void {
  let cause = causes.get(name);
  if (cause === undefined) {
    if (count === 0) return;
    cause = new RunningTotal();
    causes.set(name, cause);
  }
  cause.report(nowNs, count);
}
