import { FallbackReader } from "../bridge/fallback-reader.ts";
import { isFunction, requireOptions } from "../core/rules.ts";
import type { Scheduler } from "../core/scheduler.ts";
import type { Attribute, Flow } from "../protocol/attribute.ts";
import { Consumer } from "../roles/consumer.ts";
import type { LossCause } from "../roles/counters.ts";
import type { Frame } from "../roles/frame.ts";
import type { FrameHandler, PollOptions } from "../roles/frame-handler.ts";
import type { ConsumerFallback } from "./consumer-fallback.ts";
import { type CollectorOptions, FrameCollector } from "./frame-collector.ts";
import type { Consumer as ConsumerHandle, ReadResult } from "./handles.ts";
import { FRAMES } from "./option-rules.ts";
import type { OwnedFrame } from "./owned-frame.ts";
import type { PoolSurroundings } from "./pool-bridges.ts";
import type { EndRole } from "./pool-roles.ts";

type FallbackSurroundings = Pick<PoolSurroundings, "connection" | "clock" | "streams" | "shmDir">;

const NONE: ReadResult<never> = { ok: false, cause: "none" };

/** The consumer behind the interface: its pool closes it, and it can read by value, and through a bridge in place of shared memory. */
export class PoolConsumer extends Consumer implements ConsumerHandle {
  #scheduler: Scheduler | null = null;
  #end: EndRole | null = null;
  #fallback: FallbackReader | null = null;
  /** The consumer of the bridge, while one is read; null: this consumer's own shared memory. */
  #bridged: Consumer | null = null;

  /** For the pool: sets the scheduler that drives this consumer, and the function that ends it. */
  attach(scheduler: Scheduler, end: EndRole): void {
    this.#scheduler = scheduler;
    this.#end = end;
  }

  /** For the pool: the agent that reads through a bridge while shared memory cannot be used; it runs after this consumer. */
  newFallbackReader(pool: FallbackSurroundings, { peers, endpointOf }: ConsumerFallback): FallbackReader {
    const { connection, clock, streams, shmDir } = pool;
    const onSwitch = (from: Consumer): void => {
      this.#bridged = from === this ? null : from;
    };
    this.#fallback = new FallbackReader(connection, clock, this, { streams, shmDir, peers, endpointOf, onSwitch });
    return this.#fallback;
  }

  get bridge() {
    return this.#fallback?.endpoint?.text ?? null;
  }

  get bridgeCounters() {
    return this.#fallback?.consumer?.counters ?? null;
  }

  override get epoch(): bigint | null {
    return this.#bridged === null ? super.epoch : this.#bridged.epoch;
  }

  override get flow(): Flow {
    return this.#bridged === null ? super.flow : this.#bridged.flow;
  }

  override get attributes(): readonly Attribute[] {
    return this.#bridged === null ? super.attributes : this.#bridged.attributes;
  }

  override get hasAttributes(): boolean {
    return this.#bridged === null ? super.hasAttributes : this.#bridged.hasAttributes;
  }

  override poll(handler: FrameHandler, options?: PollOptions): number {
    return this.#bridged === null ? super.poll(handler, options) : this.#bridged.poll(handler, options);
  }

  override skip(cause: LossCause): boolean {
    return this.#bridged === null ? super.skip(cause) : this.#bridged.skip(cause);
  }

  /** The consumer that counts the current frames. */
  get source(): Consumer {
    return this.#bridged ?? this;
  }

  async close(): Promise<void> {
    if (this.#fallback !== null) await this.#end?.(this.#fallback);
    await this.#end?.(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  read<T>(compute: (frame: Frame) => T): ReadResult<T> {
    isFunction("compute", compute);
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
    const { source } = this;
    source.lastMiss = null;
    while (this.poll(handler, options) > 0) {
      if (hasValue) return result;
      if (source.lastMiss !== null) return { ok: false, cause: source.lastMiss };
    }
    return NONE;
  }

  frames(options: CollectorOptions & { readonly signal?: AbortSignal } = {}): AsyncGenerator<OwnedFrame, void> {
    requireOptions("frames", FRAMES, options);
    return this.#copies(options);
  }

  async *#copies(options: CollectorOptions & { readonly signal?: AbortSignal }): AsyncGenerator<OwnedFrame, void> {
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
