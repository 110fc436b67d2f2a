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
/** While nobody subscribes to the control stream, it is looked at this often. */
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
  #correlationId: bigint;
  /** In whose name a request is in flight; null while none is. */
  #requester: number | null = null;
  /** The request that was given up before its answer came. */
  #givenUp: { readonly correlationId: bigint; readonly clientId: number } | null = null;
  /** The lease that ended without the driver having said so: it is given back before another is asked for. */
  #abandoned: { readonly clientId: number; readonly leaseId: bigint } | null = null;
  /** When the next request, or its repetition, is due. */
  #dueNs = 0;

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

  isDue(nowNs: number): boolean {
    return nowNs >= this.#dueNs;
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
    if (this.#requester === null) this.#correlationId += 1n;
    const hugepages = this.#options.requireHugepages === true;
    const result = this.#messages.requestAttach(this.#identity(clientId), this.#correlationId, hugepages);
    if (result === PublishResult.PUBLISHED) {
      this.#requester = clientId;
      this.#dueNs = nowNs + this.#answerBackoff.next();
    } else {
      this.#dueNs = nowNs + UNHEARD_RETRY_NS;
    }
  }

  /** True for the answer to the request in flight. That to one that was given up is dealt with here. */
  takeAnswer(correlationId: bigint, read: () => AttachAnswer): boolean {
    if (this.#requester !== null && correlationId === this.#correlationId) return true;
    if (this.#givenUp?.correlationId !== correlationId) return false;
    const { clientId } = this.#givenUp;
    this.#givenUp = null;
    const { code, leaseId } = read();
    if (code === ResponseCode.OK && leaseId !== null) this.detach(clientId, leaseId);
    return false;
  }

  /** The lease was taken. */
  granted(): void {
    this.#requester = null;
    this.#abandoned = null;
    this.#answerBackoff.reset();
    this.#refusedBackoff.reset();
  }

  /** The answer was a refusal, or of no use: it is asked again later. */
  refused(nowNs: number): void {
    this.#requester = null;
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
    this.#givenUp = { correlationId: this.#correlationId, clientId: this.#requester };
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
