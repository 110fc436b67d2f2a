import type { Messaging } from "../../aeron/ports.ts";
import type { Clock } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import { getLogger } from "../../core/logger.ts";
import { isAdminTokenValid } from "../../protocol/admin-token.ts";
import {
  type AttachPolicy,
  type AttachRefusal,
  type AttachRequest,
  decideAttach,
  isRepetition,
} from "../../protocol/attach-validation.ts";
import { KeepaliveResult, type Lease, type LeaseRole, LeaseTable } from "../../protocol/lease-table.ts";
import { LeaseRevokeReason, ResponseCode } from "../../sbe/generated/driver/index.ts";
import { RegionCreateError } from "../../shm/index.ts";
import type { RandomSource } from "../ports.ts";
import type { DriverCounters } from "./driver-counters.ts";
import { DriverError } from "./driver-errors.ts";
import type { LeaseRequests } from "./driver-inbox.ts";
import type { DriverMessages, NamedLease } from "./driver-messages.ts";
import { type DriverOptions, type StreamPlan, streamLayoutOf } from "./driver-options.ts";
import type { DriverStream } from "./driver-stream.ts";
import { LeaseCounters } from "./lease-counters.ts";
import type { StreamSet } from "./stream-set.ts";
import { TOO_MANY_WAIT, WaitingRequests } from "./waiting-requests.ts";

const log = getLogger("driver");
const unauthorisedLog = log.every(10e9);

/** Keepalives of unknown leases are answered, but at a limited rate, so that a flood of them causes no flood of answers. */
const REMINDER_PERIOD_NS = 1e6;

export interface LeaseServiceListener {
  /** A stream was created on demand. */
  onStreamAdded(stream: DriverStream): void;
  /** False once the client with this Aeron session is gone. */
  isThere(sessionId: number): boolean;
}

/**
 * Grants, renews and ends leases (D-06 to D-16). A request whose regions are still being created waits here for them; every end is
 * announced once, and the end of a producer's lease begins an epoch (D-12, D-13).
 */
export class LeaseService implements LeaseRequests {
  readonly table: LeaseTable;
  readonly counters: LeaseCounters;
  readonly #options: DriverOptions;
  readonly #cycle: Clock;
  readonly #streams: StreamSet;
  readonly #messages: DriverMessages;
  readonly #count: DriverCounters["of"];
  readonly #listener: LeaseServiceListener;
  readonly #policy: AttachPolicy;
  readonly waiting = new WaitingRequests();
  /** The operator's reason for ending the current lease. */
  #why = "";
  #nextReminderNs = 0;
  #isClosed = false;

  constructor(
    connection: Messaging,
    options: DriverOptions,
    streams: StreamSet,
    messages: DriverMessages,
    counters: DriverCounters,
    cycle: Clock,
    random: RandomSource,
    listener: LeaseServiceListener,
  ) {
    this.#options = options;
    this.#cycle = cycle;
    this.#streams = streams;
    this.#messages = messages;
    this.#count = counters.of;
    this.#listener = listener;
    this.counters = new LeaseCounters(connection);
    this.table = new LeaseTable({
      durationNs: options.keepaliveIntervalNs * options.graceIntervals,
      drawId: random.u64,
      onEnded: (lease, reason, nowNs) => this.#onEnded(lease, reason, nowNs),
    });
    const { dynamic } = options;
    this.#policy = {
      allowsDynamicStreams: dynamic !== undefined,
      dynamicRanges: dynamic?.ranges ?? [],
      dynamicLayout: dynamic === undefined ? null : streamLayoutOf(dynamic, options.storage),
    };
  }

  /** Client id of the stream's producer; 0 if there is none (D-04). */
  producerIdOf(streamId: number): number {
    return this.table.producerOf(streamId)?.clientId ?? 0;
  }

  onAttach(request: AttachRequest): void {
    const nowNs = this.#cycle.nanoTime();
    const { streamId } = request;
    const stream = this.#streams.find(streamId);
    // A repeated request that is already waiting is answered once.
    if (this.waiting.has(request)) return;
    const decision = decideAttach(
      request,
      {
        layout: stream === null ? null : streamLayoutOf(stream.plan, this.#options.storage),
        producer: this.table.producerOf(streamId),
        clientLease: this.table.leaseOfClient(request.clientId),
      },
      this.#policy,
    );
    switch (decision.decision) {
      case "refuse":
        this.#refuse(request.correlationId, decision.code, decision.message);
        return;
      case "regrant":
        this.#count.attachesRepeated.increment();
        this.table.regrant(decision.lease.leaseId, nowNs);
        if (stream !== null) this.#wait(stream, request, nowNs);
        return;
      case "create":
        this.#create(request, nowNs);
        return;
      case "grant":
        if (stream !== null) this.#admit(stream, request, nowNs);
    }
  }

  onUnreadableAttach(correlationId: bigint, refusal: AttachRefusal): void {
    this.#refuse(correlationId, refusal.code, refusal.message);
  }

  onDetach(correlationId: bigint, leaseId: bigint, streamId: number, clientId: number, role: LeaseRole): void {
    if (this.table.detach(leaseId, streamId, clientId, role, this.#cycle.nanoTime())) {
      this.#count.detaches.increment();
      this.#messages.detached(correlationId, ResponseCode.OK, "");
      return;
    }
    this.#count.detachesRefused.increment();
    const found = this.table.find(leaseId);
    const why =
      found === null
        ? `lease ${leaseId} does not live: it has ended, or never was`
        : `lease ${leaseId} is that of ${found.role} ${found.clientId} on stream ${found.streamId}, not of ${role} ${clientId} on ${streamId}`;
    this.#messages.detached(correlationId, ResponseCode.REJECTED, why);
  }

  onKeepalive(leaseHigh: number, leaseLow: number, streamId: number, clientId: number, role: LeaseRole): void {
    const nowNs = this.#cycle.nanoTime();
    switch (this.table.keepAlive(leaseHigh, leaseLow, streamId, clientId, role, nowNs)) {
      case KeepaliveResult.VALID:
        this.#count.keepalives.increment();
        break;
      case KeepaliveResult.LATE:
        // Its end is about to be announced.
        this.#count.keepalivesOfEndedLeases.increment();
        break;
      case KeepaliveResult.ENDED:
        this.#count.keepalivesOfEndedLeases.increment();
        this.#announceEndAgain({ leaseHigh, leaseLow, streamId, clientId, role }, nowNs);
        break;
      case KeepaliveResult.UNKNOWN:
        this.#count.keepalivesUnknown.increment();
        this.#announceEndAgain({ leaseHigh, leaseLow, streamId, clientId, role }, nowNs);
        break;
      default:
        this.#count.keepalivesMismatched.increment();
    }
  }

  onRevokeRequest(correlationId: bigint, leaseId: bigint, token: string): void {
    if (!this.isAuthorised(token)) {
      const why = "the token is not the driver's (policies.shutdown_token)";
      this.#messages.detached(correlationId, ResponseCode.REJECTED, why);
      return;
    }
    this.#why = "by an operator";
    const isEnded = this.table.revoke(leaseId, this.#cycle.nanoTime());
    this.#why = "";
    const why = isEnded ? "" : `lease ${leaseId} does not live: it has ended, or never was`;
    this.#messages.detached(correlationId, isEnded ? ResponseCode.OK : ResponseCode.REJECTED, why);
  }

  /** True for the token of administrative requests; a wrong one is counted (D-20). */
  isAuthorised(token: string): boolean {
    if (isAdminTokenValid(this.#options.token, token)) return true;
    this.#count.requestsUnauthorised.increment();
    unauthorisedLog.warn(
      this.#options.token === ""
        ? "an administrative request is ignored: they are off (policies.shutdown_token is empty)"
        : "an administrative request is ignored: its token is another",
    );
    return false;
  }

  /** Ends expired leases. */
  expire(nowNs: number): number {
    return this.table.expire(nowNs);
  }

  /** Ends every lease, for example after the media driver stopped. */
  endAll(why: string, nowNs: number): void {
    this.#why = why;
    for (const lease of [...this.table.leases()]) this.table.revoke(lease.leaseId, nowNs);
    this.#why = "";
  }

  /** Regions were created or cannot be created: the requests waiting for them are answered. */
  onRegions(stream: DriverStream, nowNs: number): void {
    for (const request of this.waiting.take(stream.streamId)) {
      // The lease of a client that is gone would block others until it expires.
      if (this.#listener.isThere(request.sessionId)) this.#answer(stream, request, nowNs);
    }
  }

  /** Every lease has ended, as the driver's shutdown notice states (D-17): nothing more is announced. */
  close(): void {
    this.#isClosed = true;
    this.counters.close();
  }

  #create(request: AttachRequest, nowNs: number): void {
    const { dynamic } = this.#options;
    if (dynamic === undefined) return;
    const { streamId } = request;
    const plan: StreamPlan = { streamId, name: `stream-${streamId}`, nslots: dynamic.nslots, pools: dynamic.pools };
    try {
      const stream = this.#streams.create(plan);
      this.#listener.onStreamAdded(stream);
      this.#wait(stream, request, nowNs);
    } catch (error) {
      const isExpected = error instanceof RegionCreateError || error instanceof DriverError;
      if (!isExpected) log.error(`stream ${streamId}: ${messageOf(error)}`);
      const code = isExpected ? ResponseCode.REJECTED : ResponseCode.INTERNAL_ERROR;
      this.#refuse(request.correlationId, code, messageOf(error));
    }
  }

  #admit(stream: DriverStream, request: AttachRequest, nowNs: number): void {
    const { streamId, role } = request;
    if (role === "producer") {
      const other = this.waiting.producerOf(streamId);
      if (other !== null && other !== request.clientId) {
        const why = `stream ${streamId} is about to have a producer (client ${other}): end it, or use another stream`;
        this.#refuse(request.correlationId, ResponseCode.REJECTED, why);
        return;
      }
      // A producer starts with its own epoch (D-13).
      if (!stream.isMaking) this.#streams.beginEpoch(stream, nowNs);
    }
    this.#wait(stream, request, nowNs);
  }

  /** Answers immediately if regions exist, otherwise once they do. */
  #wait(stream: DriverStream, request: AttachRequest, nowNs: number): void {
    if (!stream.isMaking) this.#answer(stream, request, nowNs);
    else if (!this.waiting.add(request)) this.#refuse(request.correlationId, ResponseCode.REJECTED, TOO_MANY_WAIT);
  }

  #answer(stream: DriverStream, request: AttachRequest, nowNs: number): void {
    const { regions, failure } = stream;
    if (regions === null) {
      const why = failure === null ? "its regions are not there" : failure.message;
      this.#refuse(request.correlationId, ResponseCode.REJECTED, `stream ${stream.streamId}: ${why}`);
      return;
    }
    const live = this.table.leaseOfClient(request.clientId);
    // Another request with the same client id may have been granted in the meantime (D-10).
    if (live !== null && !isRepetition(request, live)) {
      const why = `client ${request.clientId} has lease ${live.leaseId} already: use another client id`;
      this.#refuse(request.correlationId, ResponseCode.REJECTED, why);
      return;
    }
    const lease = live ?? this.#grant(request, nowNs);
    this.#messages.grant(request.correlationId, lease, regions);
  }

  #grant(request: AttachRequest, nowNs: number): Lease {
    const lease = this.table.grant(request, nowNs);
    this.#count.attaches.increment();
    this.#count.leases.set(this.table.size);
    this.counters.add(lease);
    this.#countLeases(lease.streamId);
    log.info(`${lease.role} ${lease.clientId} attached to stream ${lease.streamId}: lease ${lease.leaseId}`);
    return lease;
  }

  #onEnded(lease: Lease, reason: LeaseRevokeReason, nowNs: number): void {
    this.counters.remove(lease);
    this.#count.leases.set(this.table.size);
    this.#countLeases(lease.streamId);
    if (this.#isClosed) return;
    if (reason === LeaseRevokeReason.EXPIRED) this.#count.leasesExpired.increment();
    if (reason === LeaseRevokeReason.REVOKED) this.#count.leasesRevoked.increment();
    this.#tell(lease, reason);
    this.#messages.revoked(lease, reason, this.#why, nowNs);
    if (lease.role !== "producer") return;
    const stream = this.#streams.find(lease.streamId);
    if (stream !== null) this.#streams.beginEpoch(stream, nowNs);
  }

  #tell({ role, clientId, streamId, leaseId }: Lease, reason: LeaseRevokeReason): void {
    const what = `${role} ${clientId} of stream ${streamId}: lease ${leaseId}`;
    const why = this.#why === "" ? "" : `: ${this.#why}`;
    if (reason === LeaseRevokeReason.DETACHED) log.info(`${what} was given back`);
    else if (reason === LeaseRevokeReason.EXPIRED) log.warn(`${what} has expired: no keepalive came`);
    else log.warn(`${what} was revoked${why}`);
  }

  /**
   * A client keeps alive a lease that this driver does not know: it missed its end, for example because the granting driver was killed and
   * replaced by this one (D-17). A producer detects it from its stream's higher epoch.
   */
  #announceEndAgain(lease: NamedLease, nowNs: number): void {
    if (lease.role === "producer" && this.#streams.find(lease.streamId) !== null) return;
    if (nowNs < this.#nextReminderNs) return;
    this.#nextReminderNs = nowNs + REMINDER_PERIOD_NS;
    this.#messages.revoked(lease, LeaseRevokeReason.EXPIRED, "this driver has no such lease", nowNs);
  }

  #refuse(correlationId: bigint, code: ResponseCode, why: string): void {
    this.#counterOf(code).increment();
    log.debug(`attach request ${correlationId} refused: ${why}`);
    this.#messages.refuse(correlationId, code, why);
  }

  #counterOf(code: ResponseCode) {
    if (code === ResponseCode.UNSUPPORTED) return this.#count.attachesUnsupported;
    if (code === ResponseCode.INVALID_PARAMS) return this.#count.attachesInvalid;
    return code === ResponseCode.REJECTED ? this.#count.attachesRejected : this.#count.attachesFailed;
  }

  #countLeases(streamId: number): void {
    const of = this.#streams.find(streamId)?.counters.of;
    if (of === undefined) return;
    const producer = this.table.producerOf(streamId);
    of.producerId.set(producer?.clientId ?? 0);
    of.consumers.set(this.table.leasesOf(streamId).size - (producer === null ? 0 : 1));
  }
}
