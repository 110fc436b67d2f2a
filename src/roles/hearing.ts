import { observerChannel } from "../aeron/channel.ts";
import type { Inbound, Messaging } from "../aeron/ports.ts";
import { PeriodicTimer } from "../core/timers.ts";
import { type AeronStreams, announceStreamIdOf } from "../protocol/stream-ids.ts";

/** Kinds of traffic that are read message by message. */
export type SpokenKind = "control" | "announce" | "qos" | "metadata";

/** Handles messages, with the Aeron stream on which they arrived. */
export type HearingHandler = (view: DataView, length: number, sessionId: number, aeronStreamId: number) => void;

/** Subscribes to these kinds of traffic as an observer, once per Aeron stream: several kinds may share one. */
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

/** For subscriptions whose last kind is "metadata": the one that carries only metadata; null if it shares its Aeron stream. */
export function metadataAlone(inbounds: readonly Inbound[], streams: AeronStreams): Inbound | null {
  const others = [streams.controlStreamId, announceStreamIdOf(streams), streams.qosStreamId];
  return others.includes(streams.metadataStreamId) ? null : (inbounds.at(-1) ?? null);
}

/**
 * How often a role polls for control messages. Each poll costs more than a small frame, for each stream of the process, and no reader needs
 * an answer within a millisecond.
 */
const CONTROL_PERIOD_NS = 1e6;
/** Messages read per poll from each Aeron stream: what many roles may send within a period. */
const CONTROL_FRAGMENTS = 64;

/** The control messages of a role, polled once per period. */
export class ControlHearing {
  /** To be returned to the connection at the end. */
  readonly subscriptions: readonly Inbound[];
  readonly #look: PeriodicTimer;
  readonly #metadata: Inbound | null;

  /** `metadata`: the subscription that may be polled separately; null: none. */
  constructor(
    subscriptions: readonly Inbound[],
    periodNs: number = CONTROL_PERIOD_NS,
    metadata: Inbound | null = null,
  ) {
    this.subscriptions = subscriptions;
    this.#metadata = metadata;
    this.#look = new PeriodicTimer(periodNs, { immediate: true });
  }

  /** True once the media driver has created every subscription. */
  get isReady(): boolean {
    return this.subscriptions.every(({ isReady }) => isReady);
  }

  /** True once per period. */
  isDue(nowNs: number): boolean {
    return this.#look.isDue(nowNs);
  }

  /** Reads pending messages; returns their number. */
  poll(): number {
    let count = 0;
    for (let i = 0; i < this.subscriptions.length; i++) {
      count += (this.subscriptions[i] as Inbound).poll(CONTROL_FRAGMENTS);
    }
    return count;
  }

  /** Reads only pending metadata. */
  pollMetadata(): void {
    this.#metadata?.poll(CONTROL_FRAGMENTS);
  }
}
