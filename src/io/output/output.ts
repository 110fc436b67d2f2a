import type { Batch } from "./frame-queue.ts";

/** How a write ended. */
export type WriteOutcome =
  /** All of the batch is written; `byteLength` where it became another number of bytes than the batch's. */
  | { readonly kind: "written"; readonly byteLength?: number }
  /** The reader of the pipe has gone. */
  | { readonly kind: "closed-by-reader" }
  /** The output was closed before all of it was written. */
  | { readonly kind: "given-up" }
  | { readonly kind: "failed"; readonly error: unknown };

export const WRITTEN: WriteOutcome = { kind: "written" };
export const GIVEN_UP: WriteOutcome = { kind: "given-up" };
export const CLOSED_BY_READER: WriteOutcome = { kind: "closed-by-reader" };

/** Where batches go. One write at a time, off the duty cycle. */
export interface Output {
  /** For messages: a path or `stdout`. */
  readonly name: string;
  /** Writes a whole batch and then calls back, never before `write` has returned. */
  write(batch: Batch, done: (outcome: WriteOutcome) => void): void;
  /**
   * Ends the output. On a pipe without a reader a write may still be under way; it is not waited for. Idempotent.
   * @param isFailed true when the output failed: what there is keeps its temporary name
   * @throws SinkError
   */
  close(isFailed: boolean): Promise<void>;
}
