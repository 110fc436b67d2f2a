import { monotonic } from "../aeron/monotonic.ts";
import { isPassing } from "../aeron/outbox.ts";
import type { MessageSink, Messaging } from "../aeron/ports.ts";
import { PublishResult } from "../aeron/results.ts";
import { probeLockOr } from "../aeron/service-locks.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import { getLogger, type Logger } from "../core/logger.ts";
import { type AttachAnswer, findAnswerFault } from "../protocol/attach-answer.ts";
import { LeaseValidity } from "../protocol/lease-validity.ts";
import { CADENCE_NS } from "../protocol/stream-ids.ts";
import { ResponseCode } from "../sbe/generated/driver/index.ts";
import { RegionError } from "../shm/index.ts";
import { AttachMessages, announcementOfAnswer } from "./attach-messages.ts";
import { codeName, describeRefusal, noDriver } from "./attach-refusals.ts";
import { AttachRequests } from "./attach-requests.ts";
import { AttachmentInbox, type AttachmentInboxListener, type RevokedLease } from "./attachment-inbox.ts";
import type { AttachmentCounters, AttachmentListener, AttachmentOptions } from "./attachment-options.ts";
import { AttachError } from "./errors.ts";
import { HOST_PORTS } from "./host-ports.ts";
import type { RolePorts } from "./ports.ts";

export type AttachmentState = "detached" | "requested" | "attached";

/** How long a closing role waits for the answer to a request in flight; an idle driver needs milliseconds. */
const LAST_ANSWER_NS = 2e9;
/** Upper limit of a lease's duration: a longer one is treated as this long. */
const LONGEST_LEASE_NS = 3600e9;

/**
 * A role's lease from the driver: requests it, keeps it alive, detects its end, and requests another (D-06, D-07, D-11, D-14, D-15). One
 * request is in flight at a time. A missing or contradictory field ends the lease: nothing is mapped without a valid one.
 */
export class Attachment implements AttachmentInboxListener {
  /** Client id of the lease; a new one for each lease unless the options set it. */
  clientId: number;
  /** The driver's last refusal, or the fault in its answer; null since a lease was granted. */
  refusal: AttachError | null = null;
  readonly #connection: Messaging;
  readonly #options: AttachmentOptions;
  readonly #counters: AttachmentCounters;
  readonly #listener: AttachmentListener;
  readonly #log: Logger;
  readonly #messages: AttachMessages;
  readonly #inbox: AttachmentInbox;
  readonly #validity = new LeaseValidity();
  readonly #requests: AttachRequests;
  readonly #driverLives: () => boolean;
  readonly #cycle: Clock;
  readonly #ports: RolePorts;
  #isAttached = false;
  #isClosed = false;
  #startedNs = -1;
  #leaseId = 0n;
  #leaseHigh = 0;
  #leaseLow = 0;
  #epoch = 0n;
  /** Aeron session in which the driver granted the lease. Only that driver can end the lease. */
  #granter: number | null = null;
  /** Aeron session in which the driver announces; null until it is known, if announces have their own stream. */
  #announcer: number | null = null;
  #lossesAtGrant = 0;
  #lostNs = -1;
  #keepaliveRefusedNs = -1;

  /** `publication`: the role's own publication of the control stream. `cycle`: the time of the role's cycle. */
  constructor(
    connection: Messaging,
    publication: MessageSink,
    options: AttachmentOptions,
    counters: AttachmentCounters,
    listener: AttachmentListener,
    cycle: Clock,
    ports: RolePorts = HOST_PORTS,
  ) {
    this.#cycle = cycle;
    this.#ports = ports;
    this.#connection = connection;
    this.#options = options;
    this.#counters = counters;
    this.#listener = listener;
    this.#log = getLogger(options.role);
    this.#messages = new AttachMessages(publication);
    this.#requests = new AttachRequests(this.#messages, options, ports.random);
    this.#driverLives = () => ports.locks.isServed(connection.aeronDir, publication.streamId);
    this.#inbox = new AttachmentInbox(this, counters.messagesRefused);
    this.clientId = options.clientId ?? this.#ports.random.clientId();
  }

  get state(): AttachmentState {
    if (this.#isAttached) return "attached";
    return this.#requests.isInFlight ? "requested" : "detached";
  }

  get isAttached(): boolean {
    return this.#isAttached;
  }

  /** The lease's id; null without a lease. */
  get leaseId(): bigint | null {
    return this.isAttached ? this.#leaseId : null;
  }

  /** When the lease expires without a keepalive, on this process's clock; null without a lease. */
  get expiresNs(): number | null {
    return this.isAttached ? this.#validity.expiresNs : null;
  }

  /** Handles messages of the control stream and, if separate, of the announce stream. */
  get onMessage(): AttachmentInbox["onMessage"] {
    return this.#inbox.onMessage;
  }

  /**
   * Sends what is due; call it in each cycle before messages are read, and before anything touches the regions.
   * @throws AttachError once, if no first lease came in time or the driver refused it permanently
   */
  doWork(nowNs: number): number {
    if (this.#startedNs === -1) this.#startedNs = nowNs;
    if (this.#isAttached) return this.#keepAlive(nowNs);
    if (this.#isClosed) return 0;
    this.#requireFirstLease(nowNs);
    if (!this.#requests.isDue(nowNs)) return 0;
    this.#requests.send(nowNs, this.#nextClientId);
    return 1;
  }

  /** This process was paused: driver messages sent meanwhile are still unread, so the driver's silence proves nothing yet. */
  onLateCycle(nowNs: number): void {
    if (!this.#isAttached) this.#requests.onLateCycle(nowNs);
    const fault = this.#isAttached ? this.#validity.fault(nowNs) : null;
    if (fault === "driver-silent") this.#validity.announceHeard(nowNs);
    if (fault === "expired") this.#lose("this process was paused for longer than it lasts");
  }

  /** Returns the lease and requests another under another client id (W-38). */
  renew(reason: string): void {
    if (this.#isAttached) this.#lose(reason);
    this.#requests.giveUp();
    this.#requests.askAt(0);
    this.clientId = this.#ports.random.clientId();
  }

  /** The regions of the lease are dead: the lease is dropped, and another is requested (D-17). */
  abandon(reason: string): void {
    if (this.#isAttached) this.#lose(reason);
  }

  /** Silence in nanoseconds after which the driver counts as dead, derived from its announce period if that is known. */
  get allowedSilenceNs(): number {
    return this.#validity.allowedSilenceNs;
  }

  /**
   * Returns the lease without notifying the listener. A pending request may still be granted afterwards: `poll`, which reads the driver's
   * messages, lets that lease be returned as well. @returns a promise while an answer is pending
   */
  close(poll: () => void): Promise<void> | null {
    this.#isClosed = true;
    if (this.#isAttached) this.#requests.detach(this.clientId, this.#leaseId);
    this.#isAttached = false;
    this.#requests.close();
    const awaits = !this.#requests.isSettled && this.#connection.isConnected && probeLockOr(false, this.#driverLives);
    return awaits ? this.#awaitLastAnswer(poll) : null;
  }

  async #awaitLastAnswer(poll: () => void): Promise<void> {
    const endNs = this.#ports.clock.nanoTime() + LAST_ANSWER_NS;
    for (;;) {
      poll();
      this.#requests.close();
      // Polled before the clock is checked: an answer may have arrived while this process was paused.
      if (this.#requests.isSettled || this.#ports.clock.nanoTime() >= endNs) return;
      await this.#ports.pause(1);
    }
  }

  onAnswer(correlationId: bigint, read: () => AttachAnswer, sessionId: number): void {
    if (!this.#requests.takeAnswer(correlationId, read, this.leaseId)) return;
    const answer = read();
    if (answer.code !== ResponseCode.OK) {
      this.#refused(codeName(answer.code), answer.errorMessage);
      return;
    }
    const fault = findAnswerFault(answer, { correlationId, streamId: this.#options.streamId });
    if (fault !== null) {
      if (answer.leaseId !== null) this.#requests.abandon(this.clientId, answer.leaseId);
      this.#refused("PROTOCOL", fault);
      return;
    }
    this.#begin(answer, sessionId);
  }

  /** Without a lease there is nothing to end, and no driver to identify. */
  isDriver(sessionId: number): boolean {
    return !this.#isAttached || sessionId === this.#granter;
  }

  onRevoked({ leaseId, streamId, clientId, isProducers }: RevokedLease, isDetach: boolean, reason: string): void {
    if (!this.#isAttached || streamId !== this.#options.streamId) return;
    if (leaseId === this.#leaseId && clientId === this.clientId) this.#lose(`the driver ended it: ${reason}`, true);
    else if (isProducers) this.#listener.onProducerEnded?.(isDetach);
  }

  onShutdown(reason: string): void {
    if (this.#isAttached) this.#lose(`the driver shuts down: ${reason}`, true);
  }

  onAnnounce(streamId: number, epoch: bigint, sessionId: number): void {
    if (!this.#isAttached || streamId !== this.#options.streamId) return;
    // An announce from before the lease was granted proves nothing about the lease or about whether its driver is alive.
    if (epoch < this.#epoch) return;
    // On a separate announce stream nothing else identifies the driver: it is the first to announce the lease's epoch. A successor's epochs
    // are later.
    if (epoch === this.#epoch) this.#announcer ??= sessionId;
    if (sessionId !== this.#announcer) {
      this.#onForeignAnnounce();
      return;
    }
    this.#validity.announceHeard(this.#cycle.nanoTime());
    if (this.#options.role === "producer" && epoch > this.#epoch) {
      this.#lose(`epoch ${this.#epoch} was followed by ${epoch}`);
    }
  }

  /**
   * Another driver does not know this lease, nor does a restarted one (D-10), and keepalives are not answered. An announce alone proves
   * neither, because any process can send one. The granting driver is gone if its own announces stop meanwhile.
   */
  #onForeignAnnounce(): void {
    if (!this.#validity.isAnnounceOverdue(this.#cycle.nanoTime())) return;
    this.#lose("another driver serves the stream, or the same one after a restart");
  }

  #begin(answer: AttachAnswer, sessionId: number): void {
    const { streamId, role } = this.#options;
    const leaseId = answer.leaseId as bigint;
    const durationNs = this.#durationOf(answer);
    if (durationNs <= 0 || this.#requests.isLate(durationNs, this.#cycle.nanoTime())) {
      this.#requests.abandon(this.clientId, leaseId);
      this.#refused("EXPIRED", `its answer came when ${durationNs <= 0 ? "" : "most of "}the lease was over`);
      return;
    }
    try {
      this.#listener.onAttached(announcementOfAnswer(answer, streamId, role === "producer" ? this.clientId : 0));
    } catch (error) {
      this.#requests.abandon(this.clientId, leaseId);
      // A fault in the regions may go away; a limitation of the role itself does not.
      this.#refused("UNUSABLE", messageOf(error), !(error instanceof RegionError));
      if (!(error instanceof RegionError)) throw error;
      return;
    }
    this.#isAttached = true;
    this.#leaseId = leaseId;
    this.#leaseHigh = Number(leaseId >> 32n);
    this.#leaseLow = Number(leaseId & 0xffff_ffffn);
    this.#epoch = answer.epoch as bigint;
    this.#granter = sessionId;
    this.#announcer = this.#options.announcesApart === true ? null : sessionId;
    this.#requests.granted();
    this.#lossesAtGrant = this.#connection.losses;
    this.#keepaliveRefusedNs = -1;
    this.refusal = null;
    this.#validity.begin(this.#cycle.nanoTime(), durationNs, CADENCE_NS);
    this.#counters.attaches.increment();
    const again =
      this.#lostNs === -1 ? "" : ` again after ${((this.#cycle.nanoTime() - this.#lostNs) / 1e9).toFixed(1)} s`;
    this.#log.info(`attached to stream ${streamId}${again}: lease ${leaseId}, epoch ${answer.epoch}`);
  }

  /**
   * The lease's duration without a keepalive; the interface's default if the driver gives no expiry (D-11). 0 or less: the answer arrived
   * too late.
   */
  #durationOf(answer: AttachAnswer): number {
    if (answer.leaseExpiryTimestampNs === null) return CADENCE_NS * 3;
    return Math.min(monotonic.fromBigint(answer.leaseExpiryTimestampNs) - this.#cycle.nanoTime(), LONGEST_LEASE_NS);
  }

  #keepAlive(nowNs: number): number {
    if (this.#connection.losses !== this.#lossesAtGrant) {
      this.#lose("the media driver went away");
      return 1;
    }
    const fault = this.#validity.fault(nowNs);
    if (fault !== null) {
      this.#lose(fault === "expired" ? "no keepalive was sent in its time" : "the driver fell silent");
      return 1;
    }
    if (!this.#validity.keepaliveDue(nowNs)) return 0;
    const result = this.#messages.sendKeepalive(this.#identity(this.clientId), this.#leaseHigh, this.#leaseLow, nowNs);
    if (result === PublishResult.PUBLISHED) {
      this.#validity.keepaliveSent(nowNs);
      this.#keepaliveRefusedNs = -1;
      return 1;
    }
    // A full window clears; a keepalive that stays refused for a period ends the lease (D-15).
    if (this.#keepaliveRefusedNs === -1) this.#keepaliveRefusedNs = nowNs;
    if (isPassing(result) && nowNs - this.#keepaliveRefusedNs < CADENCE_NS) return 0;
    this.#lose("a keepalive could not be sent");
    return 1;
  }

  /** The previous lease may still be live, and a second lease with the same client id is refused (D-10). */
  readonly #nextClientId = (): number => {
    if (this.#options.clientId === undefined && this.#counters.attaches.value > 0)
      this.clientId = this.#ports.random.clientId();
    return this.clientId;
  };

  #refused(code: string, message: string, isFinal = code === "UNSUPPORTED" || code === "INVALID_PARAMS"): void {
    const { streamId } = this.#options;
    this.#requests.refused(this.#cycle.nanoTime());
    this.#counters.attachesRefused.increment();
    const text = describeRefusal(streamId, code, message);
    const isNews = this.refusal?.message !== text;
    this.refusal = new AttachError("refused", text, { found: code, retryable: !isFinal });
    if (isNews && !this.#throwsRefusal) this.#log.warn(`${text}; asking again`);
  }

  get #throwsRefusal(): boolean {
    const isFirst = this.#counters.attaches.value === 0;
    return isFirst && this.#options.attachTimeoutNs > 0 && this.refusal?.retryable === false;
  }

  /** @throws AttachError */
  #requireFirstLease(nowNs: number): void {
    const { attachTimeoutNs, streamId } = this.#options;
    if (attachTimeoutNs === 0 || this.#counters.attaches.value > 0) return;
    if (this.#throwsRefusal) throw this.refusal;
    if (nowNs - this.#startedNs < attachTimeoutNs) return;
    if (this.refusal !== null) throw this.refusal;
    throw noDriver(streamId, attachTimeoutNs, this.#connection);
  }

  #lose(reason: string, isKnownToDriver = false): void {
    const { streamId } = this.#options;
    this.#isAttached = false;
    this.#lostNs = this.#cycle.nanoTime();
    this.#requests.askAt(this.#cycle.nanoTime());
    if (!isKnownToDriver) this.#requests.abandon(this.clientId, this.#leaseId);
    this.#counters.leasesLost.increment();
    this.#log.warn(`the lease on stream ${streamId} has ended: ${reason}; attaching again`);
    this.#listener.onDetached(reason);
  }

  #identity(clientId: number) {
    return { streamId: this.#options.streamId, clientId, role: this.#options.role };
  }
}
