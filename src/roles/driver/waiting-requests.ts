import { type AttachRequest, isRepetition } from "../../protocol/attach-validation.ts";

/** Attach requests that wait for the regions of their streams. */
export class WaitingRequests {
  readonly #byStream = new Map<number, AttachRequest[]>();

  /** True when this very request waits already (D-06). */
  has(request: AttachRequest): boolean {
    return this.#byStream.get(request.streamId)?.some((other) => isRepetition(request, other)) === true;
  }

  /** Client id of the producer that waits for the stream; null without one. */
  producerOf(streamId: number): number | null {
    return this.#byStream.get(streamId)?.find(({ role }) => role === "producer")?.clientId ?? null;
  }

  add(request: AttachRequest): void {
    const waiting = this.#byStream.get(request.streamId);
    if (waiting === undefined) this.#byStream.set(request.streamId, [request]);
    else waiting.push(request);
  }

  /** Takes those that wait for a stream, in the order in which they came. */
  take(streamId: number): readonly AttachRequest[] {
    const waiting = this.#byStream.get(streamId) ?? [];
    this.#byStream.delete(streamId);
    return waiting;
  }
}
