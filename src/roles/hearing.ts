import { observerChannel } from "../aeron/channel.ts";
import type { Inbound, Messaging } from "../aeron/ports.ts";
import { PeriodicTimer } from "../core/timers.ts";
import { type AeronStreams, announceStreamIdOf } from "../protocol/stream-ids.ts";

/** Kinds of traffic that are read message by message. */
export type SpokenKind = "control" | "announce" | "qos" | "metadata";

/** What reads messages, with the Aeron stream that they came on. */
export type HearingHandler = (view: DataView, length: number, sessionId: number, aeronStreamId: number) => void;

/** Subscribes to these kinds of traffic as an observer, to each Aeron stream once: several kinds may share one. */
export function subscribeControl(
  connection: Messaging,
  streams: AeronStreams,
  kinds: readonly SpokenKind[],
  onMessage: HearingHandler,
): readonly Inbound[] {
  const ids: Readonly<Record<SpokenKind, number>> = {
    control: streams.controlStreamId,
    announce: announceStreamIdOf(streams),
    qos: streams.qosStreamId,
    metadata: streams.metadataStreamId,
  };
  return [...new Set(kinds.map((kind) => ids[kind]))].map((id) =>
    connection.addSubscription(observerChannel(streams.channel), id, (view, length, sessionId) =>
      onMessage(view, length, sessionId, id),
    ),
  );
}

/** Of subscriptions whose last kind is "metadata": that of the metadata alone; null where it shares its Aeron stream. */
export function metadataAlone(inbounds: readonly Inbound[], streams: AeronStreams): Inbound | null {
  const others = [streams.controlStreamId, announceStreamIdOf(streams), streams.qosStreamId];
  return others.includes(streams.metadataStreamId) ? null : (inbounds.at(-1) ?? null);
}

/**
 * How often a role looks for control messages. Looking costs more than a small frame, for each stream of the process, and no reader
 * waits for an answer within a millisecond.
 */
const CONTROL_PERIOD_NS = 1e6;
/** Messages that one look takes from each Aeron stream: what many roles may say within a period. */
const CONTROL_FRAGMENTS = 64;

/** The control messages of a role, polled once per period. */
export class ControlHearing {
  /** To be given back to the connection at the end. */
  readonly subscriptions: readonly Inbound[];
  readonly #look: PeriodicTimer;
  readonly #metadata: Inbound | null;

  /** `metadata`: the subscription that may be polled apart; null: none. */
  constructor(
    subscriptions: readonly Inbound[],
    periodNs: number = CONTROL_PERIOD_NS,
    metadata: Inbound | null = null,
  ) {
    this.subscriptions = subscriptions;
    this.#metadata = metadata;
    this.#look = new PeriodicTimer(periodNs, { immediate: true });
  }

  /** True once the media driver has made every subscription. */
  get isReady(): boolean {
    return this.subscriptions.every(({ isReady }) => isReady);
  }

  /** True once per period. */
  isDue(nowNs: number): boolean {
    return this.#look.isDue(nowNs);
  }

  /** Reads what came; returns how many messages that were. */
  poll(): number {
    let count = 0;
    for (let i = 0; i < this.subscriptions.length; i++) {
      count += (this.subscriptions[i] as Inbound).poll(CONTROL_FRAGMENTS);
    }
    return count;
  }

  /** Reads metadata now, and nothing else. */
  pollMetadata(): void {
    this.#metadata?.poll(CONTROL_FRAGMENTS);
  }
}
