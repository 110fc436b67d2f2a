import type { ConsumerMode } from "../../protocol/mode-filter.ts";
import { CADENCE_NS } from "../../protocol/stream-ids.ts";
import { BridgeState } from "./bridge-state.ts";
import type { ConfigFact, HelloFact, QosConsumerFact } from "./facts.ts";
import type { HeldLease } from "./held-lease.ts";
import { RateWindow } from "./rate-window.ts";
import { RunningTotal, reported } from "./running-total.ts";
import { Sustained } from "./sustained.ts";

/** A session that was silent for two periods has made room for another one with its id. */
const TAKE_OVER_NS = 2 * CADENCE_NS;
/** A producer that was silent for this long has not moved. */
const PRODUCER_QUIET_NS = 2 * CADENCE_NS;
const NEVER = Number.NEGATIVE_INFINITY;

/** Counters of a consumer that records, of frames that it could not record. */
const RECORDER_CAUSES: ReadonlySet<string> = new Set([
  "recordingOverwritten",
  "stagingFull",
  "diskTooSlow",
  "diskFull",
  "diskFailed",
]);

/** Causes that are on the wire too, as parts of dropsGap and dropsLate (W-19). */
const CAUSES_ON_THE_WIRE: ReadonlySet<string> = new Set([
  "gap",
  "resync",
  "detached",
  "overwritten",
  "odd",
  "changed",
  "identity",
]);

/** What is known of one consumer of one stream. */
export class ConsumerRecord {
  readonly streamId: number;
  readonly consumerId: number;
  readonly firstSeenNs: number;
  /** Of the session that speaks under this id now; null while only its counters are known. */
  sessionId: number | null = null;
  /** Null before it has said. */
  mode: ConsumerMode | null = null;
  maxRateHz: number | null = null;
  supportsShm: boolean | null = null;
  supportsProgress: boolean | null = null;
  /** Mapped epoch; 0 while nothing is mapped, null before it has said. */
  epoch: bigint | null = null;
  lastSeqSeen: number | null = null;
  /** Frames that the producer was ahead at the last report; null unless both were of one epoch. */
  lag: number | null = null;
  pid: number | null = null;
  /** Null before one was seen. */
  lease: HeldLease | null = null;
  isLost = false;
  /** What comes until then was under way when its end was told. */
  endedUntilNs = NEVER;
  /** Its lease has ended, and no other was granted since: what it says may still be of that lease. */
  isWithoutLease = false;
  /** When it was first heard again without a lease that was seen being granted. */
  heardAgainNs = NEVER;
  /** False while it has said hello once and nothing else, as tools do that ask who is there. */
  isConfirmed = false;
  lastSignNs: number;
  lastHelloNs = NEVER;
  lastQosNs = NEVER;
  /** Times that another session used this id (W-38). */
  conflicts = 0;
  lastConflictNs = NEVER;
  restarts = 0;
  readonly dropsGap = new RunningTotal();
  readonly dropsLate = new RunningTotal();
  /** Lost frames by their causes, as its counters name them; empty while these cannot be read. */
  readonly causes = new Map<string, RunningTotal>();
  /** Of one that records: frames that it could not record, by its own causes. They are a part of `causes`. */
  readonly recorderCauses = new Map<string, RunningTotal>();
  /** From its counters; null while these cannot be read. */
  accepted: RunningTotal | null = null;
  isRecording = false;
  /** Of one that sends to another host. */
  readonly bridge = new BridgeState();
  /** Of one that records. */
  recorded: RunningTotal | null = null;
  bytes: RunningTotal | null = null;
  /** Drops are above the threshold of events. */
  isDropping = false;
  readonly dropsAbove = new Sustained();
  readonly dropsBelow = new Sustained();
  /** What it was told last. Its reports do not change that: one from before it obeyed may come after the order. */
  #toldDecimation: number | null = null;
  readonly #passed = new RateWindow();
  readonly #drops = new RateWindow();
  #otherSessionNs = NEVER;
  /** The lag is not yet that of the last report. */
  #isLagOpen = false;

  constructor(streamId: number, consumerId: number, nowNs: number) {
    this.streamId = streamId;
    this.consumerId = consumerId;
    this.firstSeenNs = nowNs;
    this.lastSignNs = nowNs;
  }

  /** With mode "decimated", the factor of the last ConsumerConfig; null when none was seen. */
  get decimation(): number | null {
    return this.mode === "decimated" ? this.#toldDecimation : null;
  }

  /** Lost frames by all causes that are known. */
  get drops(): number {
    return this.dropsGap.total + this.dropsLate.total + this.#otherDrops();
  }

  dropsPerSecond(nowNs: number): number | null {
    return this.#drops.perSecond(nowNs);
  }

  /** Frames of the stream that passed it per second, whatever became of them. */
  passedPerSecond(nowNs: number): number | null {
    return this.#passed.perSecond(nowNs);
  }

  /** Lost frames among those that passed in the last seconds, 0 to 1; null while it is not known. */
  dropRatio(nowNs: number): number | null {
    if (!this.#drops.isCurrent(nowNs) || !this.#passed.isCurrent(nowNs)) return null;
    const lost = this.#drops.growth;
    // What is lost has passed as well, though `lastSeqSeen` may not have moved yet.
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
    // The next message of a producer that continues says where it is now, see `refineLag`.
    const isNow =
      producer === null || this.lag === null || producer.ns === nowNs || nowNs - producer.ns > PRODUCER_QUIET_NS;
    if (isNow) this.lag = producer === null ? null : Math.max(0, producer.seq - fact.lastSeqSeen);
    this.#isLagOpen = !isNow;
    this.dropsGap.report(nowNs, fact.dropsGap);
    this.dropsLate.report(nowNs, fact.dropsLate);
    if (fact.epoch !== 0n) this.#passed.add(nowNs, fact.lastSeqSeen);
    this.#drops.add(nowNs, this.drops);
  }

  /** Takes where the producer was before the last report and is after it: the lag is the one at the report. */
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
   * Whose report under this id it is, by Aeron's session (W-38). "other": of a second session, which is not taken yet: it may
   * be a restart, and then the first one falls silent. "duplicate": the first one continues.
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

  /** This is the consumer of another record, under another id: it counts from where that one's reports have come to. */
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

/** Most consumers lose nothing by most causes: those are not kept. */
function reportCause(causes: Map<string, RunningTotal>, nowNs: number, name: string, count: number): void {
  let cause = causes.get(name);
  if (cause === undefined) {
    if (count === 0) return;
    cause = new RunningTotal();
    causes.set(name, cause);
  }
  cause.report(nowNs, count);
}
