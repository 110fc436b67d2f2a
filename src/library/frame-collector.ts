import type { Agent } from "../core/agent.ts";
import type { Consumer } from "../roles/consumer.ts";
import type { Frame } from "../roles/frame.ts";
import type { PollOptions } from "../roles/frame-handler.ts";
import { OwnedFrame } from "./owned-frame.ts";

export interface CollectorOptions {
  /** "latest": the oldest waiting copy is dropped (the default). "stream": the newest frame is dropped. */
  readonly policy?: "latest" | "stream";
  /** Copies that may wait; 1 when left out. */
  readonly depth?: number;
}

/** A consumer whose frames may come from another consumer, such as the bridge of its fallback. */
export interface CollectedConsumer extends Consumer {
  /** The consumer that counts the current frames. */
  readonly source: Consumer;
}

interface WaitingCopy {
  readonly frame: OwnedFrame;
  readonly source: Consumer;
}

/** Copies a consumer's frames into a short queue for readers that await them one by one. */
export class FrameCollector implements Agent {
  readonly roleName = "frame-collector";
  readonly #consumer: CollectedConsumer;
  readonly #policy: "latest" | "stream";
  readonly #depth: number;
  readonly #queue: WaitingCopy[] = [];
  readonly #pollOptions: PollOptions = { limit: 1, settled: (_seq, isIntact) => this.#settle(isIntact) };
  readonly #onFrame = (frame: Frame): void => {
    this.#staged = OwnedFrame.copyOf(frame);
  };
  #staged: OwnedFrame | null = null;
  #waiter: ((frame: OwnedFrame | null) => void) | null = null;
  #isStopped = false;

  constructor(consumer: CollectedConsumer, options: CollectorOptions) {
    this.#consumer = consumer;
    this.#policy = options.policy ?? "latest";
    this.#depth = Math.max(1, options.depth ?? 1);
  }

  /** The next frame, once one is available; null after the end. */
  next(): Promise<OwnedFrame | null> {
    const waiting = this.#queue.shift();
    if (waiting !== undefined) return Promise.resolve(waiting.frame);
    if (this.#isStopped) return Promise.resolve(null);
    const { promise, resolve } = Promise.withResolvers<OwnedFrame | null>();
    this.#waiter = resolve;
    return promise;
  }

  /** Ends the iteration; waiting copies may still be taken. */
  stop(): void {
    this.#isStopped = true;
    this.#resolve(null);
  }

  doWork(): number {
    if (this.#isStopped) return 0;
    if (this.#consumer.isClosed) {
      this.stop();
      return 1;
    }
    if (this.#queue.length >= this.#depth) {
      // A finite stream waits for its readers: frames without room stay in the ring.
      if (this.#consumer.flow === "wait") return 0;
      if (this.#policy === "stream") return this.#consumer.skip("sinkTooSlow") ? 1 : 0;
    }
    return this.#consumer.poll(this.#onFrame, this.#pollOptions);
  }

  onClose(): void {
    this.stop();
  }

  #settle(isIntact: boolean): void {
    const frame = this.#staged;
    this.#staged = null;
    if (!isIntact || frame === null) return;
    if (this.#waiter !== null) {
      this.#resolve(frame);
      return;
    }
    if (this.#queue.length >= this.#depth) {
      const { frame: dropped, source } = this.#queue.shift() as WaitingCopy;
      source.recordAsLost(dropped.bytes.length, "sinkTooSlow");
    }
    this.#queue.push({ frame, source: this.#consumer.source });
  }

  #resolve(frame: OwnedFrame | null): void {
    const waiter = this.#waiter;
    this.#waiter = null;
    waiter?.(frame);
  }
}
