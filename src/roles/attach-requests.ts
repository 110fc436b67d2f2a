import { PublishResult } from "../aeron/results.ts";
import type { AttachAnswer } from "../protocol/attach-answer.ts";
import { RetryBackoff } from "../protocol/retry-backoff.ts";
import { ResponseCode } from "../sbe/generated/driver/index.ts";
import { type AttachMessages, type ClientIdentity, randomCorrelationId } from "./attach-messages.ts";
import type { RandomSource } from "./ports.ts";

/** How long an answer is awaited before the request is repeated (D-06). */
const ANSWER_BACKOFF = { firstNs: 500e6, maxNs: 2e9 };
/** How long a client rests before it asks again after it was refused. */
const REFUSED_BACKOFF = { firstNs: 100e6, maxNs: 1e9 };
/** Requests whose answers may still come again. */
const MAX_ANSWERED = 8;
/** While the control stream has no subscriber, it is checked this often. */
const UNHEARD_RETRY_NS = 20e6;

/**
 * The requests of one role for a lease: one in flight at a time, repeated until it is answered (D-06). No lease that was granted is
 * left to expire: one that is not wanted any longer is given back, also when it is granted after its request was given up.
 */
export class AttachRequests {
  readonly #messages: AttachMessages;
  readonly #options: Pick<ClientIdentity, "streamId" | "role"> & { readonly requireHugepages?: boolean };
  readonly #answerBackoff: RetryBackoff;
  readonly #refusedBackoff: RetryBackoff;
  /** The last that was used. */
  #correlationId: bigint;
  /** Of the request in flight, or of the last that was. */
  #requestId = 0n;
  /** In whose name a request is in flight; null while none is. */
  #requester: number | null = null;
  /** Requests that were answered last, and in whose name. */
  readonly #answered = new Map<bigint, number>();
  /** The request that was given up before its answer came. */
  #givenUp: { readonly correlationId: bigint; readonly clientId: number } | null = null;
  /** The lease that ended without the driver having said so: it is given back before another is asked for. */
  #abandoned: { readonly clientId: number; readonly leaseId: bigint } | null = null;
  /** When the next request, or its repetition, is due. */
  #dueNs = 0;
  /** When the request in flight was sent last. */
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

  /** False while a lease has to be given back, or may still be granted to a request that was given up. */
  get isSettled(): boolean {
    return this.#givenUp === null && this.#abandoned === null;
  }

  /**
   * True for an answer that took longer than the lease has left: the client was paused meanwhile. What is left is all that it may count on
   * from then on, so that any short pause would end the lease. Another is to be asked for, but not a second time: all answers may be late.
   */
  isLate(durationNs: number, nowNs: number): boolean {
    this.#wasLate = nowNs - this.#sentNs > durationNs && !this.#wasLate;
    return this.#wasLate;
  }

  isDue(nowNs: number): boolean {
    return nowNs >= this.#dueNs;
  }

  /** After a pause the answer may be there already: it is read before the request is repeated. */
  onLateCycle(nowNs: number): void {
    if (this.isInFlight) this.#dueNs = Math.max(this.#dueNs, nowNs + UNHEARD_RETRY_NS);
  }

  /** Asks, in a name that `newClientId` chooses, or repeats what was asked. */
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
   * True for the answer to the request in flight. A lease that another answer grants is given back here, unless it is `heldLeaseId`: a
   * request that was repeated may be refused first and granted then, and a driver that was started again may find it in the log.
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

  /** The answer was a refusal, or of no use: it is asked again later. */
  refused(nowNs: number): void {
    this.#settle();
    this.#dueNs = nowNs + this.#refusedBackoff.next();
    this.#answerBackoff.reset();
  }

  /** Nothing more is asked: what was to be given back with the next request is given back now, as far as there is room. */
  close(): void {
    this.giveUp();
    if (this.#abandoned !== null && this.#sendDetach(this.#abandoned)) this.#abandoned = null;
  }

  /** The answer to the request in flight is not wanted any longer. */
  giveUp(): void {
    if (this.#requester === null) return;
    this.#givenUp = { correlationId: this.#requestId, clientId: this.#requester };
    this.#requester = null;
  }

  /** Another lease is wanted at once. */
  askAt(nowNs: number): void {
    this.#dueNs = nowNs;
  }

  /** A lease that ended for this client alone is given back with the next request. */
  abandon(clientId: number, leaseId: bigint): void {
    this.#abandoned = { clientId, leaseId };
  }

  /** Gives a lease back now; when there is no room in the window, with the next request. */
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
