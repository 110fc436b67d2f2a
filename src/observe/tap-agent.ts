import { DATA_HEADER } from "../../ffi/aeron-structs.ts";
import type { BlockSubscription } from "../aeron/block-subscription.ts";
import { observerChannel } from "../aeron/channel.ts";
import type { AeronConnection } from "../aeron/connection.ts";
import type { MessageSubscription } from "../aeron/subscription.ts";
import type { Agent } from "../core/agent.ts";
import type { Clock } from "../core/clock.ts";
import { type AeronStreams, announceStreamIdOf } from "../protocol/stream-ids.ts";
import { type DecodedMessage, decodeMessage } from "./decoded-message.ts";
import { LogGaps } from "./log-gaps.ts";
import { type MessageFilter, streamIdsOfKind } from "./message-filter.ts";
import { MessageQueue, type QueuedMessage } from "./message-queue.ts";

const BLOCK_BYTES = 64 * 1024;
const FRAGMENTS_PER_POLL = 256;
/** Most polls of one subscription in a cycle, so that the others are polled as well. */
const MAX_POLLS = 16;
/** Showing stops after this time, so that reading continues: a window that is not read delays its publisher. */
const SHOWING_NS = 500e3;

export interface TapListener {
  /** False while the reader of the output is far behind. */
  hasRoom(): boolean;
  onMessage(message: DecodedMessage, queued: QueuedMessage): void;
}

export interface TapOptions {
  readonly streams: AeronStreams;
  /** Aeron streams of descriptors, in addition to the one of `streams`. */
  readonly descriptorStreamIds: readonly number[];
  readonly filter: MessageFilter;
  readonly listener: TapListener;
}

/**
 * Receives every message, and passes those that the filter selects on, decoded. Receiving has priority: it never waits for showing, and
 * messages that cannot be shown in time are dropped and counted. The subscriptions are untethered, so that even a paused tap delays no
 * publisher for long.
 */
export class TapAgent implements Agent {
  readonly roleName = "tap";
  readonly #connection: AeronConnection;
  readonly #clock: Clock;
  readonly #filter: MessageFilter;
  readonly #listener: TapListener;
  readonly #queue = new MessageQueue();
  readonly #messages: MessageSubscription[] = [];
  #descriptors: BlockSubscription | null = null;
  #missed = 0;

  constructor(connection: AeronConnection, clock: Clock, options: TapOptions) {
    this.#connection = connection;
    this.#clock = clock;
    this.#filter = options.filter;
    this.#listener = options.listener;
    const { streams, filter } = options;
    const ids = new Set(filter.kinds.flatMap((kind) => streamIdsOfKind(streams, kind)));
    if (filter.kinds.includes("descriptor")) for (const id of options.descriptorStreamIds) ids.add(id);
    const { descriptorStreamId } = streams;
    const others = [
      streams.controlStreamId,
      streams.qosStreamId,
      streams.metadataStreamId,
      announceStreamIdOf(streams),
    ];
    for (const id of ids) {
      // Polled in blocks only if the stream carries descriptors alone (W-33).
      if (id === descriptorStreamId && !others.includes(id)) this.#observeDescriptors(streams.channel, id);
      else this.#observeMessages(streams.channel, id);
    }
  }

  /** Messages that were not shown although they were, or may have been, selected: an estimate if the log continued unseen. */
  get missed(): number {
    return this.#missed + this.#queue.missedSince;
  }

  doWork(nowNs: number): number {
    const taken = this.#take();
    return taken + this.#show(nowNs + SHOWING_NS);
  }

  /** Shows the messages that were received before. */
  onClose(): void {
    this.#show(Number.POSITIVE_INFINITY);
    this.#missed += this.#queue.length;
  }

  #take(): number {
    let work = 0;
    for (const subscription of this.#messages) {
      for (let i = 0; i < MAX_POLLS; i++) {
        const count = subscription.poll(FRAGMENTS_PER_POLL);
        work += count;
        if (count < FRAGMENTS_PER_POLL) break;
      }
    }
    const descriptors = this.#descriptors;
    if (descriptors === null) return work;
    for (let i = 0; i < MAX_POLLS; i++) {
      const bytes = descriptors.poll(BLOCK_BYTES);
      work += bytes;
      if (bytes > 0) continue;
      if (descriptors.needsRenewal(this.#clock.nanoTime())) this.#connection.renew(descriptors);
      break;
    }
    return work;
  }

  #show(untilNs: number): number {
    let shown = 0;
    while (this.#queue.length > 0 && this.#listener.hasRoom()) {
      const queued = this.#queue.shift();
      if (queued === null) break;
      shown++;
      this.#missed += queued.missedBefore;
      const message = decodeMessage(queued.bytes);
      if (this.#filter.accepts(message)) this.#listener.onMessage(message, queued);
      if (this.#clock.nanoTime() > untilNs) break;
    }
    return shown;
  }

  #observeMessages(channel: string, id: number): void {
    const gaps = new LogGaps((sessionId) => subscription.termBytesOf(sessionId));
    const subscription = this.#connection.addSubscription(observerChannel(channel), id, (view, length, sessionId) => {
      const { termId, termOffset } = subscription;
      this.#queue.miss(gaps.next({ sessionId, termId, termOffset, length }));
      if (this.#filter.mayAccept(view, 0, length)) this.#queue.push(view, 0, length, id, sessionId);
    });
    this.#messages.push(subscription);
  }

  #observeDescriptors(channel: string, id: number): void {
    const gaps = new LogGaps((sessionId) => subscription.termBytesOf(sessionId));
    const subscription = this.#connection.addBlockSubscription(
      observerChannel(channel),
      id,
      BLOCK_BYTES,
      (view, offset, length) => {
        // In a block, each message follows its frame header.
        const header = offset - DATA_HEADER.size;
        const sessionId = view.getInt32(header + DATA_HEADER.sessionId, true);
        const termId = view.getInt32(header + DATA_HEADER.termId, true);
        const termOffset = view.getInt32(header + DATA_HEADER.termOffset, true);
        this.#queue.miss(gaps.next({ sessionId, termId, termOffset, length }));
        if (this.#filter.mayAccept(view, offset, length)) this.#queue.push(view, offset, length, id, sessionId);
      },
    );
    this.#descriptors = subscription;
  }
}
