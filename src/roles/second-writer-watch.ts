import type { MessageHandler } from "../aeron/subscription.ts";
import type { Counter } from "../core/counters.ts";
import { CADENCE_NS, LIVENESS_PERIODS } from "../protocol/stream-ids.ts";
import { ShmPoolAnnounceDecoder } from "../sbe/generated/control/index.ts";
import { messageKeyAt } from "../sbe/header.ts";
import { ProducerError } from "./errors.ts";

/** Announces of another, older writer that prove it: one may have been under way when it ended. */
const PROOFS_OF_ANOTHER_WRITER = 2;
/** By then a stream's writer has announced itself, and was asked to by us. */
const NEWCOMER_NS = CADENCE_NS * LIVENESS_PERIODS;
/** Proofs come at the other's cadence. Many at once are what a writer that has ended left in its log for whoever joins late. */
const PROOF_DISTANCE_NS = CADENCE_NS / 2;

/** Finds out about a second writer of a stream by its announces: whoever wrote it first keeps it (W-08). */
export class SecondWriterWatch {
  /** The epoch that this producer announces. */
  epoch = 0;
  readonly #identity: { readonly streamId: number; readonly producerId: number };
  readonly #onOther: () => void;
  readonly #refused: Counter;
  readonly #announce = new ShmPoolAnnounceDecoder();
  #proofs = 0;
  #startedNs = -1;
  #lastProofNs = Number.NEGATIVE_INFINITY;
  /** The time of the cycle. */
  #nowNs = 0;

  /** `onOther`: another writer has announced itself, so it should hear of this one at once. */
  constructor(
    identity: { readonly streamId: number; readonly producerId: number },
    onOther: () => void,
    refused: Counter,
  ) {
    this.#identity = identity;
    this.#onOther = onOther;
    this.#refused = refused;
  }

  /** The time of the cycle, before its messages are read. */
  now(nowNs: number): void {
    if (this.#startedNs === -1) this.#startedNs = nowNs;
    this.#nowNs = nowNs;
  }

  /** @throws ProducerError "second-writer" */
  readonly onMessage: MessageHandler = (view, length) => {
    if (messageKeyAt(view, 0, length) !== ShmPoolAnnounceDecoder.KEY) return;
    const other = this.#announce;
    if (other.wrap(view, 0, length) !== null) {
      this.#refused.increment();
      return;
    }
    const { streamId, producerId } = this.#identity;
    if (other.streamId !== streamId || other.producerId === producerId) return;
    this.#onOther();
    // A newcomer: it is told at once that the stream is taken.
    if (other.epochNumber > this.epoch) return;
    if (this.#nowNs - this.#lastProofNs < PROOF_DISTANCE_NS) return;
    this.#lastProofNs = this.#nowNs;
    // Only a newcomer gives way: nobody ends a stream that is established by announcing another.
    if (this.#nowNs - this.#startedNs > NEWCOMER_NS) return;
    this.#proofs++;
    if (this.#proofs < PROOFS_OF_ANOTHER_WRITER) return;
    throw new ProducerError(
      "second-writer",
      `stream ${streamId} has a producer already (id ${other.producerId}, epoch ${other.epoch}): expected a stream of its own`,
      { rule: "W-08", expected: "one producer a stream", found: `producer ${other.producerId}` },
    );
  };
}
