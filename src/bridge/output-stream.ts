import type { Messaging } from "../aeron/ports.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf, UsageError } from "../core/errors.ts";
import { getLogger } from "../core/logger.ts";
import { Deadline } from "../core/timers.ts";
import { type Attribute, FLOW_ATTRIBUTE_KEY, type Flow, SEQ_STEP_ATTRIBUTE_KEY } from "../protocol/attribute.ts";
import type { AeronStreams } from "../protocol/stream-ids.ts";
import { requireAttributes } from "../protocol/wire-text.ts";
import type { DriverProducerOptions } from "../roles/driver-regions.ts";
import { HOST_PORTS } from "../roles/host-ports.ts";
import type { RolePorts } from "../roles/ports.ts";
import { Producer } from "../roles/producer.ts";
import { ReaderDrain } from "../roles/reader-drain.ts";
import type { StandaloneOptions } from "../roles/standalone-regions.ts";
import { RegionCreateError } from "../shm/index.ts";

const log = getLogger("bridge");
const refusedLog = log.every(10e9);
/** Retry period for regions that could not be created; space may become available. */
const RETRY_NS = 1e9;

/** The source of an output's regions: created by the output itself, or leased from a driver. */
export type OutputRegions =
  | {
      readonly standalone: Omit<StandaloneOptions, "nslots" | "pools"> &
        Partial<Pick<StandaloneOptions, "nslots" | "pools">>;
    }
  | { readonly driver: DriverProducerOptions };

export interface OutputStreamOptions {
  readonly streamId: number;
  readonly name: string;
  readonly summary?: string;
  readonly streams: AeronStreams;
  readonly regions: OutputRegions;
  /** The source's if omitted. */
  readonly flow?: Flow;
  readonly waitTimeoutNs: number;
}

/** The properties of a source's epoch, for the output's epoch that carries its frames. */
export interface SourceEpoch {
  readonly nslots: number;
  readonly strideBytes: readonly number[];
  readonly flow: Flow;
  /** The seqs that the output carries, see `SEQ_STEP_ATTRIBUTE_KEY`. */
  readonly seqStep: number;
  /** Newest frame of the source when it was joined: earlier ones are in no account. */
  readonly joinedSeq: number;
  readonly attributes: readonly Attribute[];
}

/** The attributes that are forwarded with the frames; each stream has its own flow. */
export function forwardedAttributes(attributes: readonly Attribute[]): readonly Attribute[] {
  const forwarded = attributes.filter(({ key }) => key !== FLOW_ATTRIBUTE_KEY && key !== SEQ_STEP_ATTRIBUTE_KEY);
  try {
    requireAttributes(forwarded);
    return forwarded;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    refusedLog.warn(`the attributes of the source are not forwarded: ${error.message}`);
    return [];
  }
}

/**
 * A stream that carries another stream's frames under their seqs (W-48): an ordinary producer for each epoch of the source, with its own
 * epoch and layout. The next epoch begins only after the previous one has ended and its readers have drained.
 */
export class OutputStream {
  readonly streamId: number;
  readonly #connection: Messaging;
  readonly #clock: Clock;
  readonly #options: OutputStreamOptions;
  readonly #ports: RolePorts;
  readonly #producerId: number;
  /** The epoch to be carried, once its producer can be created. */
  #wanted: SourceEpoch | null = null;
  #producer: Producer | null = null;
  #ending: Producer | null = null;
  #drain: ReaderDrain | null = null;
  readonly #retry = new Deadline();
  readonly #firstReader = new Deadline();
  /** True once a reader of the current epoch was present, or the wait for one has timed out. */
  #isBegun = false;
  #closing: Promise<void> | null = null;
  /** Counter totals of ended epochs. */
  readonly #ended = new Map<string, number>();

  constructor(connection: Messaging, clock: Clock, options: OutputStreamOptions, ports = HOST_PORTS) {
    this.streamId = options.streamId;
    this.#connection = connection;
    this.#clock = clock;
    this.#options = options;
    this.#ports = ports;
    this.#producerId = ports.random.clientId();
  }

  /** The producer of the current epoch; null if there is none. */
  get producer(): Producer | null {
    return this.#producer;
  }

  /**
   * True while frames of the current epoch can be published. An output that waits for its readers also waits for the first one, with the
   * same timeout.
   */
  mayPublish(nowNs: number): boolean {
    const producer = this.#producer;
    if (producer === null || !producer.isReady) return false;
    if (producer.flow !== "wait" || this.#isBegun) return true;
    if (!this.#firstReader.isSet) this.#firstReader.start(nowNs, this.#options.waitTimeoutNs);
    this.#isBegun = producer.hasReaders(1) || this.#firstReader.hasExpired(nowNs);
    return this.#isBegun;
  }

  /** True while readers of an ended epoch may still read, or its regions are being returned. */
  get isEnding(): boolean {
    return this.#ending !== null;
  }

  /** Replaces the attributes; they apply to frames committed from now on. */
  setAttributes(attributes: readonly Attribute[]): void {
    if (this.#wanted !== null) this.#wanted = { ...this.#wanted, attributes };
    this.#producer?.setAttributes(forwardedAttributes(attributes));
  }

  /** Counters over all epochs. */
  counters(): Record<string, number> {
    const sums = Object.fromEntries(this.#ended);
    for (const producer of [this.#producer, this.#ending]) {
      for (const [name, value] of Object.entries(producer?.counters.snapshot() ?? {})) {
        sums[name] = (sums[name] ?? 0) + value;
      }
    }
    return sums;
  }

  /** An epoch of the source has begun. */
  begin(epoch: SourceEpoch): void {
    this.end();
    this.#wanted = epoch;
  }

  /** The epoch of the source has ended: no frame will follow. */
  end(): void {
    this.#wanted = null;
    if (this.#producer === null) return;
    this.#producer.finish();
    this.#ending = this.#producer;
    this.#producer = null;
    this.#drain = new ReaderDrain(this.#ending, this.#options.waitTimeoutNs, this.#clock.nanoTime());
  }

  /** @throws ProducerError "second-writer", AttachError, UsageError */
  doWork(nowNs: number): number {
    let work = this.#producer?.doWork(nowNs) ?? 0;
    if (this.#ending !== null) work += this.#workEnding(this.#ending, nowNs);
    else if (this.#wanted !== null && (!this.#retry.isSet || this.#retry.hasExpired(nowNs))) work += this.#make(nowNs);
    return work;
  }

  /** True while this output has no timed work to do. */
  mayWait(): boolean {
    const isQuiet = this.#wanted === null && this.#ending === null;
    return isQuiet && (this.#producer === null || this.#producer.waitPoint() !== null);
  }

  onLateCycle(nowNs: number, lateByNs: number): void {
    this.#producer?.onLateCycle(nowNs, lateByNs);
    this.#ending?.onLateCycle(nowNs, lateByNs);
  }

  async onClose(): Promise<void> {
    this.end();
    const ending = this.#ending;
    this.#ending = null;
    if (ending !== null) this.#keep(ending);
    await Promise.all([ending?.onClose(), this.#closing]);
  }

  #workEnding(ending: Producer, nowNs: number): number {
    if (this.#closing !== null) return 0;
    const work = ending.doWork(nowNs);
    if (this.#drain?.isOver(nowNs) === false) return work;
    this.#drain = null;
    const closing = ending.onClose();
    if (closing === undefined) this.#onEnded(ending);
    else this.#closing = closing.finally(() => this.#onEnded(ending));
    return work + 1;
  }

  #onEnded(ending: Producer): void {
    this.#keep(ending);
    this.#ending = null;
    this.#closing = null;
  }

  #keep(producer: Producer): void {
    for (const [name, value] of Object.entries(producer.counters.snapshot())) {
      this.#ended.set(name, (this.#ended.get(name) ?? 0) + value);
    }
  }

  #make(nowNs: number): number {
    const epoch = this.#wanted as SourceEpoch;
    try {
      this.#producer = this.#newProducer(epoch);
      this.#wanted = null;
      this.#retry.clear();
      this.#firstReader.clear();
      this.#isBegun = false;
    } catch (error) {
      if (!(error instanceof RegionCreateError) || !error.retryable) throw error;
      log.error(`stream ${this.streamId}: ${messageOf(error)}; trying again`);
      this.#retry.start(nowNs, RETRY_NS);
      return 0;
    }
    // Readers that map a ring with claimed frames begin with the first frame they see.
    if (epoch.joinedSeq > 0) this.#producer.skipTo(epoch.joinedSeq);
    return 1;
  }

  #newProducer(epoch: SourceEpoch): Producer {
    const { streamId, name, summary = "", streams, regions, waitTimeoutNs, flow = epoch.flow } = this.#options;
    const pools = epoch.strideBytes.map((strideBytes, index) => ({ poolId: index + 1, strideBytes }));
    const { standalone, driver } = { standalone: undefined, driver: undefined, ...regions };
    const producing = {
      streamId,
      name,
      summary,
      producerId: this.#producerId,
      ...(standalone === undefined ? {} : { standalone: { nslots: epoch.nslots, pools, ...standalone } }),
      ...(driver === undefined ? {} : { driver }),
      streams,
      flow,
      waitTimeoutNs,
      attributes: forwardedAttributes(epoch.attributes),
      seqStep: epoch.seqStep,
    };
    return new Producer(this.#connection, this.#clock, producing, this.#ports);
  }
}
