import { controlPublicationChannel, observerChannel } from "../../aeron/channel.ts";
import { monotonic } from "../../aeron/monotonic.ts";
import { Outbox } from "../../aeron/outbox.ts";
import type { Inbound, MessageSink, Messaging } from "../../aeron/ports.ts";
import type { Agent } from "../../core/agent.ts";
import { type Clock, CycleClock } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import { getLogger } from "../../core/logger.ts";
import { PeriodicTimer } from "../../core/timers.ts";
import { LIVENESS_PERIODS } from "../../protocol/stream-ids.ts";
import { RivalWatch } from "../../protocol/stream-owner.ts";
import { ShutdownReason } from "../../sbe/generated/driver/index.ts";
import { CounterExport } from "../counter-export.ts";
import { HOST_PORTS } from "../host-ports.ts";
import type { OwnerLocks, RolePorts } from "../ports.ts";
import { Announcer } from "./announcer.ts";
import { driverCounters } from "./driver-counters.ts";
import { DriverError } from "./driver-errors.ts";
import { DriverInbox } from "./driver-inbox.ts";
import { DriverMessages } from "./driver-messages.ts";
import { type DriverOptions, longestMessageBytes, requireLayouts } from "./driver-options.ts";
import { LeaseService } from "./lease-service.ts";
import { StreamSet } from "./stream-set.ts";

const log = getLogger("driver");
const TWO_32 = 2 ** 32;

/** Most fragments read per cycle: a flood of requests does not stop announces. */
const FRAGMENTS_PER_CYCLE = 64;
/** How often ended epochs are checked, if there are any. */
const SWEEP_PERIOD_NS = 100e6;
/** Pause between checks for users of the regions at shutdown. */
const DRAIN_PAUSE_MS = 5;

/**
 * The driver of driver model 1.0: the sole owner of all regions of its streams (D-01). It grants leases on them, announces them, begins a
 * new epoch whenever a producer attaches or leaves, and sweeps ended epochs.
 */
export class Driver implements Agent {
  readonly roleName: string;
  readonly counters = driverCounters();
  readonly options: DriverOptions;
  /** Why it has stopped serving; null while it serves. */
  failure: unknown = null;
  readonly #connection: Messaging;
  readonly #clock: Clock;
  readonly #locks: OwnerLocks;
  readonly #ports: RolePorts;
  readonly #cycle = new CycleClock();
  readonly #streams: StreamSet;
  readonly #leases: LeaseService;
  readonly #control: MessageSink;
  readonly #announces: MessageSink;
  readonly #subscriptions: readonly Inbound[];
  readonly #outbox: Outbox;
  readonly #messages: DriverMessages;
  readonly #announcer: Announcer;
  readonly #export: CounterExport;
  readonly #sweep = new PeriodicTimer(SWEEP_PERIOD_NS);
  /** Streams that another owner was seen announcing. */
  readonly #rivals = new Map<number, RivalWatch>();
  /** When messages of others were first read; null before that. */
  #hearsSinceNs: number | null = null;
  #losses: number;
  #end: { readonly reason: ShutdownReason; readonly why: string } = { reason: ShutdownReason.NORMAL, why: "" };
  #isClosed = false;

  /**
   * Takes the locks of its streams and begins to create their regions.
   * @throws DriverError "already-running", "stream-taken", "no-space"; RegionCreateError
   */
  constructor(connection: Messaging, clock: Clock, options: DriverOptions, ports: RolePorts = HOST_PORTS) {
    const { instanceId, channels } = options;
    this.roleName = `driver ${instanceId}`;
    this.options = options;
    this.#connection = connection;
    this.#clock = clock;
    this.#ports = ports;
    this.#cycle.update(clock.nanoTime());
    this.#losses = connection.losses;
    requireLayouts(options);
    this.#locks = ports.locks.open(connection.aeronDir);
    try {
      if (!this.#locks.tryControlStream(channels.controlStreamId)) throw alreadyRunning(connection, options);
      this.#streams = new StreamSet(connection, clock, this.#locks, options, this.counters, ports);
    } catch (error) {
      this.#locks.close();
      throw error;
    }
    const { channel, controlStreamId, announceStreamId } = channels;
    const spoken = controlPublicationChannel(channel, longestMessageBytes(options));
    const isApart = announceStreamId !== controlStreamId;
    this.#control = connection.addPublication(spoken, controlStreamId);
    this.#announces = isApart ? connection.addPublication(spoken, announceStreamId) : this.#control;
    this.#outbox = new Outbox(this.#control);
    this.#messages = new DriverMessages(this.#outbox);
    this.#announcer = new Announcer(this.#announces, options.announcePeriodNs, this.counters, (streamId) =>
      this.#leases.producerIdOf(streamId),
    );
    this.#leases = new LeaseService(
      connection,
      options,
      this.#streams,
      this.#messages,
      this.counters,
      this.#cycle,
      ports.random,
      {
        onStreamAdded: (stream) => this.#announcer.add(stream),
        isThere: (sessionId) => this.#subscriptions.some((subscription) => subscription.termBytesOf(sessionId) > 0),
      },
    );
    for (const stream of this.#streams.all) this.#announcer.add(stream);
    const inbox = new DriverInbox(
      this.#leases,
      {
        onShutdownRequest: (correlationId, token, why) => this.#onShutdownRequest(correlationId, token, why),
        onHello: (streamId) => this.#onHello(streamId),
        onAnnounce: (streamId, epoch, sessionId) => this.#onAnnounce(streamId, epoch, sessionId),
      },
      this.counters.of.messagesRefused,
      this.counters.of.messagesUnknown,
    );
    const heard = isApart ? [controlStreamId, announceStreamId] : [controlStreamId];
    this.#subscriptions = heard.map((streamId) =>
      connection.addSubscription(observerChannel(channel), streamId, inbox.onMessage),
    );
    this.#export = new CounterExport(connection, "driver", this.counters.list, channels.controlStreamId, 0, {
      remark: `instance=${instanceId}`,
    });
  }

  /** True once every stream's regions exist or are known to be impossible, and requests are received. */
  get isReady(): boolean {
    return this.#connection.isReady && this.#streams.all.every(({ isMaking }) => !isMaking);
  }

  get streams(): StreamSet {
    return this.#streams;
  }

  /** Number of live leases. */
  get leaseCount(): number {
    return this.#leases.table.size;
  }

  /** @throws DriverError "stream-taken" in the start phase, "mlock"; RegionCreateError for regions that can never be created */
  doWork(nowNs: number): number {
    if (this.#isClosed || this.failure !== null) return 0;
    try {
      return this.#work(nowNs);
    } catch (error) {
      this.failure = error;
      this.#endsBecause(ShutdownReason.ERROR, messageOf(error));
      this.options.onFailed?.();
      throw error;
    }
  }

  #work(nowNs: number): number {
    this.#cycle.update(nowNs);
    this.counters.of.heartbeatNs.set(monotonic.high(nowNs) * TWO_32 + monotonic.low(nowNs));
    if (this.#connection.losses !== this.#losses) this.#onMediaDriverLost(nowNs);
    let work = this.#outbox.doWork();
    this.counters.of.answersDropped.set(this.#outbox.dropped);
    this.counters.of.messagesTooLong.set(this.#outbox.tooLong + this.#announcer.tooLong);
    if (this.#connection.isReady) this.#hearsSinceNs ??= nowNs;
    for (const subscription of this.#subscriptions) work += subscription.poll(FRAGMENTS_PER_CYCLE);
    work += this.#leases.expire(nowNs);
    work += this.#makeRegions(nowNs);
    work += this.#announcer.doWork(nowNs);
    if (this.#sweep.isDue(nowNs)) this.#sweepEnded(nowNs);
    this.#export.doWork(nowNs);
    this.#streams.exportCounters(nowNs);
    return work;
  }

  onLateCycle(nowNs: number, lateByNs: number): void {
    this.#cycle.update(nowNs);
    for (const watch of this.#rivals.values()) watch.onPause();
    // Client messages sent during the pause are still unread.
    this.#leases.table.extendAll(lateByNs);
    log.warn(`this driver was paused for ${(lateByNs / 1e9).toFixed(1)} s: leases are given that much longer`);
  }

  /** The reason for the shutdown that clients will be given (D-17). */
  #endsBecause(reason: ShutdownReason, why: string): void {
    this.#end = { reason, why };
  }

  /** Notifies clients, waits until they have unmapped the regions or the timeout expires, and removes everything. Idempotent. */
  async onClose(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const nowNs = this.#clock.nanoTime();
    const { reason, why } = this.#end;
    this.#messages.shutdown(reason, why, nowNs);
    this.#leases.close();
    for (const stream of this.#streams.all) stream.end(nowNs);
    const endNs = nowNs + this.options.shutdownTimeoutNs;
    let inUse = this.#streams.sweepAll();
    while ((inUse > 0 || this.#outbox.length > 0) && this.#clock.nanoTime() < endNs) {
      await this.#ports.pause(DRAIN_PAUSE_MS);
      this.#outbox.doWork();
      inUse = this.#streams.sweepAll();
    }
    if (inUse > 0) log.warn(`${inUse} epoch(s) are still mapped by clients: left for a later sweep (tensorpool gc)`);
    this.#streams.close();
    this.#export.close();
    for (const resource of [...this.#subscriptions, ...new Set([this.#control, this.#announces])]) {
      this.#connection.remove(resource);
    }
    this.#locks.close();
  }

  #makeRegions(nowNs: number): number {
    const stream = this.#streams.doWork(nowNs);
    if (stream === null) return 0;
    if (stream.regions !== null) this.#announcer.announceNow(stream, nowNs);
    if (!stream.isMaking) this.#leases.onRegions(stream, nowNs);
    return 1;
  }

  #sweepEnded(nowNs: number): void {
    this.#streams.sweep(
      nowNs,
      (streamId) => this.#leases.table.leasesOf(streamId).size > 0 || this.#leases.waiting.isWaitedFor(streamId),
      (stream) => {
        this.#announcer.remove(stream);
        this.#rivals.delete(stream.streamId);
      },
    );
    this.#leases.counters.touchAll();
  }

  #onHello(streamId: number): void {
    const stream = this.#streams.find(streamId);
    if (stream !== null) this.#announcer.announceSoon(stream, this.#cycle.nanoTime());
  }

  #onShutdownRequest(correlationId: bigint, token: string, why: string): void {
    if (!this.#leases.isAuthorised(token)) return;
    log.warn(`asked to shut down (request ${correlationId})${why === "" ? "" : `: ${why}`}`);
    this.#endsBecause(ShutdownReason.ADMIN, why);
    this.options.onShutdownRequested();
  }

  /** D-02: one owner per stream. The lock keeps out every owner that uses it; among the others, the first one keeps the stream. */
  #onAnnounce(streamId: number, epoch: bigint, sessionId: number): void {
    const stream = this.#streams.find(streamId);
    if (sessionId === this.#announces.sessionId || stream === null) return;
    // Epochs follow the wall clock: an owner that announces a later epoch started later.
    const isOlder = stream.regions === null || epoch < BigInt(stream.regions.epoch);
    const verdict = this.#rivalsOf(streamId).onAnnounce(sessionId, isOlder, this.#cycle.nanoTime());
    // Usually an announce that a dead predecessor left in its log.
    if (verdict === "unproven") return;
    this.counters.of.foreignAnnounces.increment();
    const found = `epoch ${epoch} is announced by another owner (Aeron session ${(sessionId >>> 0).toString(16)})`;
    if (verdict === "stays") {
      foreignLog.error(`stream ${streamId}: ${found} as well: end it, or give one of the two another stream`);
      return;
    }
    throw new DriverError(
      "stream-taken",
      `stream ${streamId}: ${found}, which was first: end it, or serve another stream`,
      {
        rule: "D-02",
        expected: "a stream without an owner",
        found,
      },
    );
  }

  #rivalsOf(streamId: number): RivalWatch {
    let watch = this.#rivals.get(streamId);
    if (watch === undefined) {
      watch = new RivalWatch(this.options.announcePeriodNs * LIVENESS_PERIODS);
      this.#rivals.set(streamId, watch);
    }
    if (this.#hearsSinceNs !== null) watch.begin(this.#hearsSinceNs);
    return watch;
  }

  /** All connections are gone, with everything sent: leases start again from nothing (D-17). */
  #onMediaDriverLost(nowNs: number): void {
    this.#losses = this.#connection.losses;
    this.#leases.endAll("the media driver went away", nowNs);
  }
}

const foreignLog = log.every(10e9);

function alreadyRunning({ aeronDir }: Messaging, { channels }: DriverOptions): DriverError {
  return new DriverError(
    "already-running",
    `a driver already serves control stream ${channels.controlStreamId} in ${aeronDir}: use it, or name another ` +
      "folder of Aeron or another control stream",
    { rule: "D-02", expected: "a control stream without a driver", found: "one that is served" },
  );
}
