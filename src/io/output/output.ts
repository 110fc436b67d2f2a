import type { Batch } from "./frame-queue.ts";

/** Result of a write. */
export type WriteOutcome =
  /** The whole batch is written; `byteLength` if the written size differs from the batch's. */
  | { readonly kind: "written"; readonly byteLength?: number }
  /** The reader of the pipe has closed its end. */
  | { readonly kind: "closed-by-reader" }
  /** The output was closed before all of it was written. */
  | { readonly kind: "given-up" }
  | { readonly kind: "failed"; readonly error: unknown };

export const WRITTEN: WriteOutcome = { kind: "written" };
export const GIVEN_UP: WriteOutcome = { kind: "given-up" };
export const CLOSED_BY_READER: WriteOutcome = { kind: "closed-by-reader" };

/** Destination of batches. One write at a time, outside the duty cycle. */
export interface Output {
  /** For messages: a path or `stdout`. */
  readonly name: string;
  /** Writes a whole batch and then calls back, never before `write` has returned. */
  write(batch: Batch, done: (outcome: WriteOutcome) => void): void;
  /**
   * Ends the output. On a pipe without a reader a write may still be in progress; it is not awaited. Idempotent.
   * @param isFailed true if the output failed: the partial file keeps its temporary name
   * @throws SinkError
   */
  close(isFailed: boolean): Promise<void>;
}
