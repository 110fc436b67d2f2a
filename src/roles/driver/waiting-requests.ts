import { type AttachRequest, isRepetition } from "../../protocol/attach-validation.ts";

/** Most requests that wait at the same time, over all streams. */
const MAX_WAITING = 1024;
export const TOO_MANY_WAIT = `${MAX_WAITING} requests wait for regions already; ask again`;

/** Attach requests that wait for the regions of their streams. */
export class WaitingRequests {
  #count = 0;
  readonly #byStream = new Map<number, AttachRequest[]>();

  /** True if this very request is already waiting (D-06). */
  has(request: AttachRequest): boolean {
    return this.#byStream.get(request.streamId)?.some((other) => isRepetition(request, other)) === true;
  }

  /** True while a request waits for the stream. */
  isWaitedFor(streamId: number): boolean {
    return this.#byStream.has(streamId);
  }

  /** Client id of the producer that waits for the stream; null if there is none. */
  producerOf(streamId: number): number | null {
    return this.#byStream.get(streamId)?.find(({ role }) => role === "producer")?.clientId ?? null;
  }

  /**
   * False if too many already wait. A client's later request replaces its earlier one, which the client has dropped: an answer to that
   * would be a lease that no client keeps alive.
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

  /** Removes and returns the requests for a stream, in arrival order. */
  take(streamId: number): readonly AttachRequest[] {
    const waiting = this.#byStream.get(streamId) ?? [];
    this.#byStream.delete(streamId);
    this.#count -= waiting.length;
    return waiting;
  }
}
