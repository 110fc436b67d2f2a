import { type AttachRequest, isRepetition } from "../../protocol/attach-validation.ts";

/** Requests that wait at the same time, of all streams. */
const MAX_WAITING = 1024;
export const TOO_MANY_WAIT = `${MAX_WAITING} requests wait for regions already; ask again`;

/** Attach requests that wait for the regions of their streams. */
export class WaitingRequests {
  #count = 0;
  readonly #byStream = new Map<number, AttachRequest[]>();

  /** True when this very request waits already (D-06). */
  has(request: AttachRequest): boolean {
    return this.#byStream.get(request.streamId)?.some((other) => isRepetition(request, other)) === true;
  }

  /** True while some request waits for the stream. */
  isWaitedFor(streamId: number): boolean {
    return this.#byStream.has(streamId);
  }

  /** Client id of the producer that waits for the stream; null without one. */
  producerOf(streamId: number): number | null {
    return this.#byStream.get(streamId)?.find(({ role }) => role === "producer")?.clientId ?? null;
  }

  /**
   * False when too many wait already. A later request of the same client takes the place of its earlier one, which it does not know any
   * more: an answer to that would be a lease that no client keeps alive.
   */
  add(request: AttachRequest): boolean {
    const waiting = this.#byStream.get(request.streamId);
    const at = waiting?.findIndex(({ clientId, role }) => clientId === request.clientId && role === request.role) ?? -1;
    if (waiting !== undefined && at !== -1) {
      waiting[at] = request;
      return true;
    }
    if (this.#count === MAX_WAITING) return false;
    this.#count++;
    if (waiting === undefined) this.#byStream.set(request.streamId, [request]);
    else waiting.push(request);
    return true;
  }

  /** Takes those that wait for a stream, in the order in which they came. */
  take(streamId: number): readonly AttachRequest[] {
    const waiting = this.#byStream.get(streamId) ?? [];
    this.#byStream.delete(streamId);
    this.#count -= waiting.length;
    return waiting;
  }
}
