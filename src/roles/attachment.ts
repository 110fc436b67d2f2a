import type { AeronConnection } from "../aeron/connection.ts";
import { monotonic } from "../aeron/monotonic.ts";
import { isPassing } from "../aeron/outbox.ts";
import type { Publication } from "../aeron/publication.ts";
import { PublishResult } from "../aeron/results.ts";
import { messageOf } from "../core/errors.ts";
import { getLogger, type Logger } from "../core/logger.ts";
import { type AttachAnswer, findAnswerFault } from "../protocol/attach-answer.ts";
import { LeaseValidity } from "../protocol/lease-validity.ts";
import { RetryBackoff } from "../protocol/retry-backoff.ts";
import { CADENCE_NS } from "../protocol/stream-ids.ts";
import { ResponseCode } from "../sbe/generated/driver/index.ts";
import { RegionError } from "../shm/index.ts";
import { AttachMessages, announcementOfAnswer, randomCorrelationId } from "./attach-messages.ts";
import { codeName, describeRefusal, noDriver } from "./attach-refusals.ts";
import { AttachmentInbox, type AttachmentInboxListener, type RevokedLease } from "./attachment-inbox.ts";
import type { AttachmentCounters, AttachmentListener, AttachmentOptions } from "./attachment-options.ts";
import { AttachError } from "./errors.ts";
import { randomId } from "./random-id.ts";

export type AttachmentState = "detached" | "requested" | "attached";

/** How long an answer is awaited before the request is repeated (D-06). */
const ANSWER_BACKOFF = { firstNs: 500e6, maxNs: 2e9 };
/** How long a client rests before it asks anew after it was refused. */
const REFUSED_BACKOFF = { firstNs: 100e6, maxNs: 1e9 };
/** While nobody subscribes to the control stream, it is looked at this often. */
const UNHEARD_RETRY_NS = 20e6;

/**
 * A role's lease with the driver: asks for one, keeps it alive, notices that it has ended, and asks for another (D-06, D-07,
 * D-11, D-14, D-15). One request is in flight at a time. Whatever is missing or contradictory ends the lease: nothing is
 * mapped without a valid one.
 */
export class Attachment implements AttachmentInboxListener {
  /** Who holds the lease; another one for each lease, unless the options name it. */
  clientId: number;
  /** What the driver said when it refused last, or what was wrong with its answer; null since a lease was granted. */
  refusal: AttachError | null = null;
  readonly #connection: AeronConnection;
  readonly #options: AttachmentOptions;
  readonly #counters: AttachmentCounters;
  readonly #listener: AttachmentListener;
  readonly #log: Logger;
  readonly #messages: AttachMessages;
  readonly #inbox: AttachmentInbox;
  readonly #validity = new LeaseValidity();
  readonly #answerBackoff = new RetryBackoff(ANSWER_BACKOFF);
  readonly #refusedBackoff = new RetryBackoff(REFUSED_BACKOFF);
  #state: AttachmentState = "detached";
  /** The time of the cycle. */
  #nowNs = 0;
  #startedNs = -1;
  /** When the next request, or its repetition, is due. */
  #dueNs = 0;
  #correlationId = randomCorrelationId();
  #leaseId = 0n;
  #leaseHigh = 0;
  #leaseLow = 0;
  #epoch = 0n;
  /** Aeron session of the driver that granted the lease, as its announces show it; null before the first. */
  #announcer: number | null = null;
  /** The lease that ended without the driver having said so: it is given back before another is asked for. */
  #abandoned: { readonly clientId: number; readonly leaseId: bigint } | null = null;
  #lossesAtGrant = 0;
  #lostNs = -1;
  #keepaliveRefusedNs = -1;

  /** `publication`: the role's own of the control stream. */
  constructor(
    connection: AeronConnection,
    publication: Publication,
    options: AttachmentOptions,
    counters: AttachmentCounters,
    listener: AttachmentListener,
  ) {
    this.#connection = connection;
    this.#options = options;
    this.#counters = counters;
    this.#listener = listener;
    this.#log = getLogger(options.role);
    this.#messages = new AttachMessages(publication);
    this.#inbox = new AttachmentInbox(this, counters.messagesRefused);
    this.clientId = options.clientId ?? randomId();
  }

  get state(): AttachmentState {
    return this.#state;
  }

  get isAttached(): boolean {
    return this.#state === "attached";
  }

  /** The lease's id; null while there is none. */
  get leaseId(): bigint | null {
    return this.isAttached ? this.#leaseId : null;
  }

  /** When the lease ends unless a keepalive goes out, on this process's clock; null while there is none. */
  get expiresNs(): number | null {
    return this.isAttached ? this.#validity.expiresNs : null;
  }

  /** Takes messages of the control stream and, where that is another, of the announce stream. */
  get onMessage(): AttachmentInbox["onMessage"] {
    return this.#inbox.onMessage;
  }

  /**
   * Says what is due; to be called in each cycle before messages are read, and before anything touches the regions.
   * @throws AttachError once, when no first lease came in time, or the driver refused it for good
   */
  doWork(nowNs: number): number {
    this.#nowNs = nowNs;
    if (this.#startedNs === -1) this.#startedNs = nowNs;
    if (this.#state === "attached") return this.#keepAlive(nowNs);
    this.#requireFirstLease(nowNs);
    if (nowNs < this.#dueNs) return 0;
    if (this.#state === "requested") this.#repeat(nowNs);
    else this.#request(nowNs);
    return 1;
  }

  /** This process stood still: what the driver said meanwhile is still to be read, so its silence means nothing yet. */
  onLateCycle(nowNs: number): void {
    this.#nowNs = nowNs;
    if (this.#state !== "attached") return;
    const fault = this.#validity.fault(nowNs);
    if (fault === "driver-silent") this.#validity.announceHeard(nowNs);
    if (fault === "expired") this.#lose("this process stood still for longer than it lasts");
  }

  /** Gives the lease back and asks for another under another client id (W-38). */
  renew(reason: string): void {
    if (this.#state === "attached") this.#lose(reason);
    this.#state = "detached";
    this.#dueNs = 0;
    this.clientId = randomId();
  }

  /** The regions of the lease turned out to be dead: there is no lease any more, and another is asked for (D-17). */
  abandon(reason: string): void {
    if (this.#state === "attached") this.#lose(reason);
  }

  /** Nanoseconds without a sign of the driver after which it counts as dead, by what is known of its announces. */
  get allowedSilenceNs(): number {
    return this.#validity.allowedSilenceNs;
  }

  /** Gives the lease back. The listener is not told. */
  close(): void {
    if (this.#state === "attached") {
      this.#messages.requestDetach(this.#identity(this.clientId), this.#nextCorrelationId(), this.#leaseId);
    }
    this.#state = "detached";
    this.#dueNs = Number.POSITIVE_INFINITY;
  }

  onAnswer(correlationId: bigint, read: () => AttachAnswer): void {
    if (this.#state !== "requested" || correlationId !== this.#correlationId) return;
    const answer = read();
    if (answer.code !== ResponseCode.OK) {
      this.#refused(codeName(answer.code), answer.errorMessage);
      return;
    }
    const fault = findAnswerFault(answer, { correlationId, streamId: this.#options.streamId });
    if (fault !== null) {
      this.#giveBack(answer.leaseId);
      this.#refused("PROTOCOL", fault);
      return;
    }
    this.#begin(answer);
  }

  onRevoked({ leaseId, streamId, clientId, isProducers }: RevokedLease, isDetach: boolean, reason: string): void {
    if (this.#state !== "attached" || streamId !== this.#options.streamId) return;
    if (leaseId === this.#leaseId && clientId === this.clientId) this.#lose(`the driver ended it: ${reason}`, true);
    else if (isProducers) this.#listener.onProducerEnded?.(isDetach);
  }

  onShutdown(reason: string): void {
    if (this.#state === "attached") this.#lose(`the driver shuts down: ${reason}`, true);
  }

  onAnnounce(streamId: number, epoch: bigint, sessionId: number): void {
    if (this.#state !== "attached" || streamId !== this.#options.streamId) return;
    this.#validity.announceHeard(this.#nowNs);
    // What was announced before the lease was granted says nothing about it.
    if (epoch < this.#epoch) return;
    this.#announcer ??= sessionId;
    // A lease means nothing to another driver, nor after a restart (D-10), and no keepalive is answered.
    if (sessionId !== this.#announcer) this.#lose("another driver serves the stream, or the same one after a restart");
    else if (this.#options.role === "producer" && epoch > this.#epoch) {
      this.#lose(`epoch ${this.#epoch} was followed by ${epoch}`);
    }
  }

  #begin(answer: AttachAnswer): void {
    const { streamId, role } = this.#options;
    const leaseId = answer.leaseId as bigint;
    const durationNs = this.#durationOf(answer);
    if (durationNs <= 0) {
      this.#giveBack(leaseId);
      this.#refused("EXPIRED", "its answer came when the lease was over");
      return;
    }
    try {
      this.#listener.onAttached(announcementOfAnswer(answer, streamId, role === "producer" ? this.clientId : 0));
    } catch (error) {
      this.#giveBack(leaseId);
      if (!(error instanceof RegionError)) throw error;
      this.#refused("UNUSABLE", messageOf(error));
      return;
    }
    this.#state = "attached";
    this.#leaseId = leaseId;
    this.#leaseHigh = Number(leaseId >> 32n);
    this.#leaseLow = Number(leaseId & 0xffff_ffffn);
    this.#epoch = answer.epoch as bigint;
    this.#announcer = null;
    this.#abandoned = null;
    this.#lossesAtGrant = this.#connection.losses;
    this.#keepaliveRefusedNs = -1;
    this.refusal = null;
    this.#answerBackoff.reset();
    this.#refusedBackoff.reset();
    this.#validity.begin(this.#nowNs, durationNs, CADENCE_NS);
    this.#counters.attaches.increment();
    const again = this.#lostNs === -1 ? "" : ` again after ${((this.#nowNs - this.#lostNs) / 1e9).toFixed(1)} s`;
    this.#log.info(`attached to stream ${streamId}${again}: lease ${leaseId}, epoch ${answer.epoch}`);
  }

  /**
   * How long the lease lives without a keepalive; the interface's default where the driver names no end (D-11). 0 or less: the
   * answer was under way for too long.
   */
  #durationOf(answer: AttachAnswer): number {
    if (answer.leaseExpiryTimestampNs === null) return CADENCE_NS * 3;
    return monotonic.fromBigint(answer.leaseExpiryTimestampNs) - this.#nowNs;
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
    // A full window passes; what stays refused for a period is fatal to the lease (D-15).
    if (this.#keepaliveRefusedNs === -1) this.#keepaliveRefusedNs = nowNs;
    if (isPassing(result) && nowNs - this.#keepaliveRefusedNs < CADENCE_NS) return 0;
    this.#lose("a keepalive could not be sent");
    return 1;
  }

  #request(nowNs: number): void {
    if (this.#abandoned !== null) {
      const { clientId, leaseId } = this.#abandoned;
      const result = this.#messages.requestDetach(this.#identity(clientId), this.#nextCorrelationId(), leaseId);
      if (result !== PublishResult.PUBLISHED) {
        this.#dueNs = nowNs + UNHEARD_RETRY_NS;
        return;
      }
      this.#abandoned = null;
    }
    // The lease before may still live: two of one client id are refused (D-10).
    if (this.#options.clientId === undefined && this.#counters.attaches.value > 0) this.clientId = randomId();
    this.#nextCorrelationId();
    this.#repeat(nowNs);
  }

  #repeat(nowNs: number): void {
    const identity = this.#identity(this.clientId);
    const result = this.#messages.requestAttach(identity, this.#correlationId, this.#options.requireHugepages === true);
    if (result === PublishResult.PUBLISHED) {
      this.#state = "requested";
      this.#dueNs = nowNs + this.#answerBackoff.next();
    } else {
      this.#dueNs = nowNs + UNHEARD_RETRY_NS;
    }
  }

  #refused(code: string, message: string): void {
    const { streamId } = this.#options;
    this.#state = "detached";
    this.#dueNs = this.#nowNs + this.#refusedBackoff.next();
    this.#answerBackoff.reset();
    this.#counters.attachesRefused.increment();
    const text = describeRefusal(streamId, code, message);
    const isNews = this.refusal?.message !== text;
    const isFinal = code === "UNSUPPORTED" || code === "INVALID_PARAMS";
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
    this.#state = "detached";
    this.#lostNs = this.#nowNs;
    this.#dueNs = this.#nowNs;
    this.#abandoned = isKnownToDriver ? null : { clientId: this.clientId, leaseId: this.#leaseId };
    this.#counters.leasesLost.increment();
    this.#log.warn(`the lease on stream ${streamId} has ended: ${reason}; attaching anew`);
    this.#listener.onDetached(reason);
  }

  /** A lease that cannot be used is not kept. */
  #giveBack(leaseId: bigint | null): void {
    if (leaseId !== null) this.#abandoned = { clientId: this.clientId, leaseId };
  }

  #nextCorrelationId(): bigint {
    this.#correlationId += 1n;
    return this.#correlationId;
  }

  #identity(clientId: number) {
    return { streamId: this.#options.streamId, clientId, role: this.#options.role };
  }
}
