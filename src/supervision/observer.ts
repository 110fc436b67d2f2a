import { CountersError } from "../aeron/counters-reader.ts";
import type { Inbound, Messaging } from "../aeron/ports.ts";
import type { Agent } from "../core/agent.ts";
import { getLogger } from "../core/logger.ts";
import { PeriodicTimer } from "../core/timers.ts";
import type { AeronStreams } from "../protocol/stream-ids.ts";
import { LOSS_CAUSES } from "../roles/counters.ts";
import { subscribeControl } from "../roles/hearing.ts";
import { HOST_PORTS } from "../roles/host-ports.ts";
import type { CounterSource, RolePorts } from "../roles/ports.ts";
import { applyRoleCounters, isFedCounter } from "./counter-feed.ts";
import { DescriptorSampler } from "./descriptor-sampler.ts";
import { type ConfigFact, SupervisionInbox, SupervisionModel, type SupervisionOptions } from "./model/index.ts";

const log = getLogger("supervisor");
const countersLog = log.every(30e9);

const FRAGMENTS_PER_POLL = 64;
/** Most polls of one subscription in a cycle, so that the others are polled as well. */
const MAX_POLLS = 8;
const TICK_NS = 250e6;
/** A cycle that is this late counts as a pause of this process. */
const PAUSE_NS = 1e9;
const COUNTERS_PERIOD_NS = 1e9;

export interface ObserverOptions {
  readonly streams: AeronStreams;
  /** Aeron streams that carry descriptors, in addition to the one of `streams`. */
  readonly descriptorStreamIds: readonly number[];
  readonly supervision?: Partial<SupervisionOptions>;
  /** Called for each received ConsumerConfig; true if this process sent it. */
  readonly isOwnConfig?: (nowNs: number, fact: ConfigFact) => boolean;
}

/**
 * Receives the control, QoS and metadata streams, reads the newest descriptor of each producer and the counters of all roles, and passes
 * them to a model (W-46). Its subscriptions are untethered, and descriptors and counters are read from outside: observing disturbs no
 * process.
 */
export class SupervisionObserver implements Agent {
  readonly roleName = "observer";
  readonly model: SupervisionModel;
  readonly inbox: SupervisionInbox;
  /** Messages received so far. */
  messages = 0;
  readonly #connection: Messaging;
  readonly #ports: RolePorts;
  readonly #subscriptions: readonly Inbound[];
  readonly #sampler: DescriptorSampler;
  readonly #tick = new PeriodicTimer(TICK_NS, { immediate: true });
  readonly #countersPeriod = new PeriodicTimer(COUNTERS_PERIOD_NS, { immediate: true });
  #counters: CounterSource | null = null;
  #clientLosses = 0;
  /** Time of the last cycle; 0 before the first one. */
  #nowNs = 0;

  constructor(connection: Messaging, options: ObserverOptions, ports: RolePorts = HOST_PORTS) {
    this.#ports = ports;
    this.#connection = connection;
    this.model = new SupervisionModel(LOSS_CAUSES, options.supervision);
    this.inbox = new SupervisionInbox(this.model, (nowNs, fact) => {
      this.model.onConfig(nowNs, fact, options.isOwnConfig?.(nowNs, fact) ?? false);
    });
    const { descriptorStreamId } = options.streams;
    this.#sampler = new DescriptorSampler([descriptorStreamId, ...options.descriptorStreamIds]);
    const kinds = ["control", "announce", "qos", "metadata"] as const;
    this.#subscriptions = subscribeControl(connection, options.streams, kinds, (view, length, sessionId) => {
      this.messages++;
      this.inbox.onMessage(this.#nowNs, view, 0, length, sessionId);
    });
  }

  /** True when all subscriptions are ready. */
  get isReady(): boolean {
    return this.#subscriptions.every(({ isReady }) => isReady);
  }

  /** True while the media driver's counters can be read. */
  get readsCounters(): boolean {
    return this.#counters !== null;
  }

  /** Producers whose newest descriptor is read. */
  get descriptorPublications(): number {
    return this.#sampler.size;
  }

  doWork(nowNs: number): number {
    if (this.#nowNs !== 0 && nowNs - this.#nowNs > PAUSE_NS) this.#onPause(nowNs);
    this.#nowNs = nowNs;
    const work = this.#hear();
    if (this.#countersPeriod.isDue(nowNs)) this.#readCounters(nowNs);
    if (!this.#tick.isDue(nowNs)) return work;
    this.#sampler.sample((view, offset, length) => this.inbox.onMessage(nowNs, view, offset, length, 0));
    this.model.tick(nowNs);
    return work;
  }

  onClose(): void {
    this.#closeCounters();
    for (const subscription of this.#subscriptions) this.#connection.remove(subscription);
  }

  #onPause(nowNs: number): void {
    this.model.onPaused(nowNs);
    log.warn(
      `this process was paused for ${((nowNs - this.#nowNs) / 1e9).toFixed(1)} s: what happened meanwhile was not seen`,
    );
  }

  #hear(): number {
    let work = 0;
    for (const subscription of this.#subscriptions) {
      for (let i = 0; i < MAX_POLLS; i++) {
        const count = subscription.poll(FRAGMENTS_PER_POLL);
        work += count;
        if (count < FRAGMENTS_PER_POLL) break;
      }
    }
    return work;
  }

  #readCounters(nowNs: number): void {
    const { aeronDir, losses, isConnected } = this.#connection;
    // Another driver has another file under the same name.
    if (losses !== this.#clientLosses || !isConnected) this.#closeCounters();
    this.#clientLosses = losses;
    if (!isConnected) return;
    try {
      this.#counters ??= this.#ports.openCounters(aeronDir);
    } catch (error) {
      if (!(error instanceof CountersError)) throw error;
      countersLog.warn(`drops by cause and bytes are not known: ${error.message}`);
      return;
    }
    const records = this.#counters.snapshot((typeId) => isFedCounter(typeId) || DescriptorSampler.isWanted(typeId));
    this.#sampler.follow(aeronDir, records);
    applyRoleCounters(this.model, records, nowNs);
  }

  #closeCounters(): void {
    this.#counters?.close();
    this.#counters = null;
    this.#sampler.close();
  }
}
