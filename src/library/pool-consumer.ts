import type { Scheduler } from "../core/scheduler.ts";
import { Consumer } from "../roles/consumer.ts";
import type { LossCause } from "../roles/counters.ts";
import type { Frame } from "../roles/frame.ts";
import type { PollOptions } from "../roles/frame-handler.ts";
import { type CollectorOptions, FrameCollector } from "./frame-collector.ts";
import type { OwnedFrame } from "./owned-frame.ts";
import type { EndRole } from "./pool-roles.ts";

/** What became of reading one frame: a value computed from an intact frame, or why there is none. */
export type ReadResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly cause: ReadFailure };
/** "none": no frame is there. Otherwise the cause under which the frame was counted as lost. */
export type ReadFailure = "none" | LossCause;

const NONE: ReadResult<never> = { ok: false, cause: "none" };

/** A consumer of a `TensorPool`: everything of `Consumer`, and reading by value. Made by `TensorPool.addConsumer`. */
export class PoolConsumer extends Consumer implements AsyncDisposable {
  #scheduler: Scheduler | null = null;
  #end: EndRole | null = null;

  /** For the pool: what drives this consumer, and how it ends. */
  attach(scheduler: Scheduler, end: EndRole): void {
    this.#scheduler = scheduler;
    this.#end = end;
  }

  /** Unmaps the regions, gives the lease back, and takes the consumer out of its pool; `frames` ends. Idempotent. */
  async close(): Promise<void> {
    await this.#end?.(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Computes something from the next frame that the mode does not skip. The value is given only when the frame was intact until
   * `compute` returned; `compute` must have no side effects, since it may have seen a frame that was being overwritten.
   */
  read<T>(compute: (frame: Frame) => T): ReadResult<T> {
    let result: ReadResult<T> = NONE;
    let value: T | undefined;
    let hasValue = false;
    const handler = (frame: Frame): void => {
      value = compute(frame);
      hasValue = true;
    };
    const options: PollOptions = {
      limit: 1,
      settled: (_seq, isIntact) => {
        if (hasValue) result = isIntact ? { ok: true, value: value as T } : { ok: false, cause: "changed" };
      },
    };
    this.lastMiss = null;
    while (this.poll(handler, options) > 0) {
      if (hasValue) return result;
      if (this.lastMiss !== null) return { ok: false, cause: this.lastMiss };
    }
    return NONE;
  }

  /**
   * Owned copies of the frames as they come, until the stream's consumer is closed or `signal` aborts. At most `depth` copies
   * wait; beyond that `policy` "latest" drops the oldest and "stream" the newest, counted as `sinkTooSlow`.
   */
  async *frames(options: CollectorOptions & { readonly signal?: AbortSignal } = {}): AsyncGenerator<OwnedFrame, void> {
    const scheduler = this.#scheduler;
    if (scheduler === null) return;
    const collector = new FrameCollector(this, options);
    const onAbort = (): void => collector.stop();
    options.signal?.addEventListener("abort", onAbort);
    if (options.signal?.aborted === true) collector.stop();
    scheduler.add(collector);
    try {
      for (;;) {
        const frame = await collector.next();
        if (frame === null) return;
        yield frame;
      }
    } finally {
      options.signal?.removeEventListener("abort", onAbort);
      await scheduler.remove(collector);
    }
  }
}
