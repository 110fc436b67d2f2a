import { PublishResult } from "../aeron/results.ts";
import type { AttachAnswer } from "../protocol/attach-answer.ts";
import { RetryBackoff } from "../protocol/retry-backoff.ts";
import { ResponseCode } from "../sbe/generated/driver/index.ts";
import { type AttachMessages, type ClientIdentity, randomCorrelationId } from "./attach-messages.ts";
import type { RandomSource } from "./ports.ts";

/** How long a client waits for an answer before it repeats the request (D-06). */
const ANSWER_BACKOFF = { firstNs: 500e6, maxNs: 2e9 };
/** How long a client waits after a refusal before it sends another request. */
const REFUSED_BACKOFF = { firstNs: 100e6, maxNs: 1e9 };
/** Answered requests that are remembered because a second answer may still arrive. */
const MAX_ANSWERED = 8;
/** How often the control stream is checked while it has no subscriber. */
const UNHEARD_RETRY_NS = 20e6;

/**
 * One role's requests for a lease: one is in flight at a time and is repeated until it is answered (D-06). No granted lease is left to
 * expire: a lease that is no longer wanted is returned, even if it was granted after its request was cancelled.
 */
export class AttachRequests {
  readonly #messages: AttachMessages;
  readonly #options: Pick<ClientIdentity, "streamId" | "role"> & { readonly requireHugepages?: boolean };
  readonly #answerBackoff: RetryBackoff;
  readonly #refusedBackoff: RetryBackoff;
  /** The correlation id that was used last. */
  #correlationId: bigint;
  /** Id of the request in flight, or of the last one. */
  #requestId = 0n;
  /** Client id of the request in flight; null while there is none. */
  #requester: number | null = null;
  /** The requests that were answered last, with their client ids. */
  readonly #answered = new Map<bigint, number>();
  /** The request that was cancelled before its answer arrived. */
  #givenUp: { readonly correlationId: bigint; readonly clientId: number } | null = null;
  /** A lease that this client ended without a notice from the driver: it is returned before another is requested. */
  #abandoned: { readonly clientId: number; readonly leaseId: bigint } | null = null;
  /** When the next request or repetition is due. */
  #dueNs = 0;
  /** When the request in flight was last sent. */
  #sentNs = 0;
  #wasLate = false;

  constructor(
    messages: AttachMessages,
    options: Pick<ClientIdentity, "streamId" | "role"> & { readonly requireHugepages?: boolean },
    random: RandomSource,
  ) {
    this.#answerBackoff = new RetryBackoff(ANSWER_BACKOFF, random.unit);
    this.#refusedBackoff = new RetryBackoff(REFUSED_BACKOFF, random.unit);
    this.#correlationId = randomCorrelationId(random);
    this.#messages = messages;
    this.#options = options;
  }

  /** True while a request waits for its answer. */
  get isInFlight(): boolean {
    return this.#requester !== null;
  }

  /** False while a lease must be returned, or a cancelled request may still be granted. */
  get isSettled(): boolean {
    return this.#givenUp === null && this.#abandoned === null;
  }

  /**
   * True if an answer took longer than the remaining time of its lease, because the client was paused. Such a lease keeps only the
   * remaining time, so any short pause would end it. The caller should request another, but only once: every answer may be late.
   */
  isLate(durationNs: number, nowNs: number): boolean {
    this.#wasLate = nowNs - this.#sentNs > durationNs && !this.#wasLate;
    return this.#wasLate;
  }

  isDue(nowNs: number): boolean {
    return nowNs >= this.#dueNs;
  }

  /** After a pause the answer may already have arrived: it is read before the request is repeated. */
  onLateCycle(nowNs: number): void {
    if (this.isInFlight) this.#dueNs = Math.max(this.#dueNs, nowNs + UNHEARD_RETRY_NS);
  }

  /** Sends a request with the client id that `newClientId` returns, or repeats the request in flight. */
  send(nowNs: number, newClientId: () => number): void {
    if (this.#requester === null) {
      if (this.#abandoned !== null && !this.#sendDetach(this.#abandoned)) {
        this.#dueNs = nowNs + UNHEARD_RETRY_NS;
        return;
      }
      this.#abandoned = null;
    }
    const clientId = this.#requester ?? newClientId();
    if (this.#requester === null) {
      this.#correlationId += 1n;
      this.#requestId = this.#correlationId;
    }
    const hugepages = this.#options.requireHugepages === true;
    const result = this.#messages.requestAttach(this.#identity(clientId), this.#requestId, hugepages);
    if (result === PublishResult.PUBLISHED) {
      this.#requester = clientId;
      this.#sentNs = nowNs;
      this.#dueNs = nowNs + this.#answerBackoff.next();
    } else {
      this.#dueNs = nowNs + UNHEARD_RETRY_NS;
    }
  }

  /**
   * True for the answer to the request in flight. A lease granted by any other answer is returned here, unless it is `heldLeaseId`: a
   * repeated request may be refused first and granted later, and a restarted driver may find it in the log.
   */
  takeAnswer(correlationId: bigint, read: () => AttachAnswer, heldLeaseId: bigint | null): boolean {
    if (this.#requester !== null && correlationId === this.#requestId) return true;
    const isGivenUp = this.#givenUp?.correlationId === correlationId;
    const clientId = isGivenUp ? this.#givenUp?.clientId : this.#answered.get(correlationId);
    if (isGivenUp) this.#givenUp = null;
    if (clientId === undefined) return false;
    const { code, leaseId } = read();
    if (code === ResponseCode.OK && leaseId !== null && leaseId !== heldLeaseId) this.detach(clientId, leaseId);
    return false;
  }

  #settle(): void {
    if (this.#requester === null) return;
    this.#answered.set(this.#requestId, this.#requester);
    this.#requester = null;
    const [oldest] = this.#answered.keys();
    if (this.#answered.size > MAX_ANSWERED && oldest !== undefined) this.#answered.delete(oldest);
  }

  /** The lease was taken. */
  granted(): void {
    this.#settle();
    this.#abandoned = null;
    this.#answerBackoff.reset();
    this.#refusedBackoff.reset();
  }

  /** The answer was a refusal or unusable: the request is sent again later. */
  refused(nowNs: number): void {
    this.#settle();
    this.#dueNs = nowNs + this.#refusedBackoff.next();
    this.#answerBackoff.reset();
  }

  /** Sends no further requests; leases that were to be returned with the next request are returned now, if the window has room. */
  close(): void {
    this.giveUp();
    if (this.#abandoned !== null && this.#sendDetach(this.#abandoned)) this.#abandoned = null;
  }

  /** The answer to the request in flight is no longer wanted. */
  giveUp(): void {
    if (this.#requester === null) return;
    this.#givenUp = { correlationId: this.#requestId, clientId: this.#requester };
    this.#requester = null;
  }

  /** Another lease is wanted immediately. */
  askAt(nowNs: number): void {
    this.#dueNs = nowNs;
  }

  /** Returns a lease that ended only for this client; it goes out with the next request. */
  abandon(clientId: number, leaseId: bigint): void {
    this.#abandoned = { clientId, leaseId };
  }

  /** Returns a lease now, or with the next request if the window has no room. */
  detach(clientId: number, leaseId: bigint): void {
    const lease = { clientId, leaseId };
    if (!this.#sendDetach(lease)) this.#abandoned = lease;
  }

  #sendDetach({ clientId, leaseId }: { readonly clientId: number; readonly leaseId: bigint }): boolean {
    this.#correlationId += 1n;
    const result = this.#messages.requestDetach(this.#identity(clientId), this.#correlationId, leaseId);
    return result === PublishResult.PUBLISHED;
  }

  #identity(clientId: number): ClientIdentity {
    return { streamId: this.#options.streamId, role: this.#options.role, clientId };
  }
}
