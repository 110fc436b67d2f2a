import type { Scheduler } from "../core/scheduler.ts";
import { Consumer } from "../roles/consumer.ts";
import type { Frame } from "../roles/frame.ts";
import type { PollOptions } from "../roles/frame-handler.ts";
import { type CollectorOptions, FrameCollector } from "./frame-collector.ts";
import type { Consumer as ConsumerHandle, ReadResult } from "./handles.ts";
import type { OwnedFrame } from "./owned-frame.ts";
import type { EndRole } from "./pool-roles.ts";

const NONE: ReadResult<never> = { ok: false, cause: "none" };

/** The consumer behind the interface: a role that its pool ends, and reading by value. */
export class PoolConsumer extends Consumer implements ConsumerHandle {
  #scheduler: Scheduler | null = null;
  #end: EndRole | null = null;

  /** For the pool: what drives this consumer, and how it ends. */
  attach(scheduler: Scheduler, end: EndRole): void {
    this.#scheduler = scheduler;
    this.#end = end;
  }

  async close(): Promise<void> {
    await this.#end?.(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

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
