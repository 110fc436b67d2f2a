import type { BridgeView } from "./bridge-state.ts";
import type { ConsumerRecord } from "./consumer-record.ts";
import type { SupervisionEvent } from "./event-log.ts";
import { type LeaseView, leaseView } from "./held-lease.ts";
import type { SupervisionModel } from "./model.ts";
import type { RunningTotal } from "./running-total.ts";
import type { StreamRecord } from "./stream-record.ts";

// Views for other modules: plain JSON values, except for epochs, which are exact (`toJson` writes them as text). Ages are in seconds;
// unknown values are null.

/** A number of lost frames. */
export interface LossView {
  readonly total: number;
  readonly perSecond: number | null;
}

export interface ConsumerView extends LeaseView {
  readonly streamId: number;
  readonly consumerId: number;
  readonly state: "live" | "lost";
  readonly sessionId: number | null;
  readonly pid: number | null;
  readonly mode: string | null;
  readonly decimation: number | null;
  readonly maxRateHz: number | null;
  readonly epoch: bigint | null;
  readonly lastSeqSeen: number | null;
  /** Number of frames by which the producer was ahead at the consumer's last report; null unless both had the same epoch. */
  readonly lag: number | null;
  /** For all causes. */
  readonly drops: LossView;
  readonly gap: LossView;
  readonly late: LossView;
  /** From the consumer's own counters; empty if these cannot be read. */
  readonly causes: Readonly<Record<string, LossView>>;
  /** Ratio of lost frames in the last seconds, 0 to 1. */
  readonly dropRatio: number | null;
  readonly framesPerSecond: number | null;
  readonly accepted: number | null;
  readonly acceptedPerSecond: number | null;
  /** Frames that it has recorded; null for a consumer that does not record. */
  readonly recorded: number | null;
  /** Frames that it could not record, by its own causes; a part of `causes`. */
  readonly recorderCauses: Readonly<Record<string, LossView>>;
  /** For a consumer that sends to another host; null for others. */
  readonly bridge: BridgeView | null;
  readonly bytesPerSecond: number | null;
  readonly conflicts: number;
  readonly restarts: number;
  readonly lastSignSeconds: number;
}

export interface StreamView extends LeaseView {
  readonly streamId: number;
  readonly name: string | null;
  readonly state: string;
  readonly producerId: number | null;
  readonly pid: number | null;
  readonly epoch: bigint | null;
  readonly seq: number | null;
  /** Since the first observed epoch. */
  readonly frames: number;
  readonly framesPerSecond: number | null;
  /** From the producer's own counters; null if these cannot be read. */
  readonly bytes: number | null;
  readonly bytesPerSecond: number | null;
  readonly consumers: number;
  /** For a producer whose frames come from another host; null for others. */
  readonly bridge: BridgeView | null;
  /** Sum over its live consumers. */
  readonly drops: number;
  readonly dropsPerSecond: number | null;
  readonly restarts: number;
  readonly nslots: number | null;
  readonly pools: readonly { readonly poolId: number; readonly strideBytes: number }[];
  readonly metaVersion: number | null;
  readonly lastAnnounceSeconds: number | null;
  readonly lastDescriptorSeconds: number | null;
  readonly lastSignSeconds: number | null;
}

/** A stream with all details. */
export interface StreamDetail extends StreamView {
  readonly summary: string;
  readonly headerRegionUri: string | null;
  readonly layoutVersion: number | null;
  readonly attributes: readonly { readonly key: string; readonly format: string; readonly text: string | null }[];
  readonly lastDescriptor: { readonly seq: number; readonly timestampNs: string | null } | null;
  readonly epochs: readonly { readonly epoch: bigint; readonly secondsAgo: number }[];
  readonly readers: readonly ConsumerView[];
}

export interface EventView {
  readonly id: number;
  /** ISO 8601. */
  readonly time: string;
  readonly kind: string;
  readonly severity: "info" | "warning";
  readonly streamId: number | null;
  readonly clientId: number | null;
  readonly text: string;
}

export function streamViews(model: SupervisionModel, nowNs: number): StreamView[] {
  return [...model.streams.values()].sort((a, b) => a.streamId - b.streamId).map((stream) => streamView(stream, nowNs));
}

export function consumerViews(model: SupervisionModel, nowNs: number): ConsumerView[] {
  return [...model.streams.values()]
    .sort((a, b) => a.streamId - b.streamId)
    .flatMap((stream) => readersOf(stream, nowNs));
}

export function streamDetail(stream: StreamRecord, nowNs: number): StreamDetail {
  const { layout, lastDescriptor } = stream;
  return {
    ...streamView(stream, nowNs),
    summary: stream.summary,
    headerRegionUri: layout?.headerRegionUri ?? null,
    layoutVersion: layout?.layoutVersion ?? null,
    attributes: stream.attributes,
    lastDescriptor:
      lastDescriptor === null
        ? null
        : { seq: lastDescriptor.seq, timestampNs: lastDescriptor.timestampNs?.toString() ?? null },
    epochs: stream.restarts.map(({ atNs, epoch }) => ({ epoch, secondsAgo: seconds(nowNs - atNs) })),
    readers: readersOf(stream, nowNs),
  };
}

export function streamView(stream: StreamRecord, nowNs: number): StreamView {
  const consumers = [...stream.consumers.values()].filter(({ isLost, isConfirmed }) => isConfirmed && !isLost);
  const isLive = stream.state === "live";
  return {
    streamId: stream.streamId,
    name: stream.name,
    state: stream.state,
    producerId: stream.producerId === 0 ? null : stream.producerId,
    pid: stream.pid,
    epoch: stream.epoch,
    seq: stream.newestSeq,
    frames: stream.frames.total,
    framesPerSecond: isLive ? stream.framesPerSecond(nowNs) : 0,
    bytesPerSecond: stream.bytes === null ? null : isLive ? stream.bytes.perSecond(nowNs) : 0,
    bytes: stream.bytes?.total ?? null,
    consumers: consumers.length,
    bridge: stream.bridge.view("receive", isLive),
    drops: consumers.reduce((sum, { drops }) => sum + drops, 0),
    dropsPerSecond: sumOf(consumers.map((consumer) => consumer.dropsPerSecond(nowNs))),
    restarts: stream.restartCount,
    ...leaseView(stream.lease, stream.producerId, nowNs),
    nslots: stream.layout?.nslots ?? null,
    pools: stream.layout?.pools ?? [],
    metaVersion: stream.metaVersion,
    lastAnnounceSeconds: age(nowNs, stream.lastAnnounceNs),
    lastDescriptorSeconds: age(nowNs, stream.lastDescriptorNs),
    lastSignSeconds: age(nowNs, stream.lastProducerSignNs),
  };
}

function consumerView(consumer: ConsumerRecord, stream: StreamRecord, nowNs: number): ConsumerView {
  const { epoch, lastSeqSeen } = consumer;
  return {
    streamId: consumer.streamId,
    consumerId: consumer.consumerId,
    state: consumer.isLost ? "lost" : "live",
    sessionId: consumer.sessionId,
    pid: consumer.pid,
    mode: consumer.mode,
    decimation: consumer.decimation,
    maxRateHz: consumer.maxRateHz,
    epoch: epoch === 0n ? null : epoch,
    lastSeqSeen,
    lag: epoch !== null && epoch === stream.epoch ? consumer.lag : null,
    drops: { total: consumer.drops, perSecond: consumer.dropsPerSecond(nowNs) },
    gap: lossView(consumer.dropsGap, nowNs),
    late: lossView(consumer.dropsLate, nowNs),
    causes: lossViews(consumer.causes, nowNs),
    dropRatio: consumer.dropRatio(nowNs),
    framesPerSecond: consumer.passedPerSecond(nowNs),
    accepted: consumer.accepted?.total ?? null,
    acceptedPerSecond: consumer.accepted?.perSecond(nowNs) ?? null,
    recorded: consumer.isRecording ? (consumer.recorded?.total ?? 0) : null,
    recorderCauses: lossViews(consumer.recorderCauses, nowNs),
    bridge: consumer.bridge.view("send", !consumer.isLost),
    bytesPerSecond: consumer.bytes?.perSecond(nowNs) ?? null,
    conflicts: consumer.conflicts,
    restarts: consumer.restarts,
    ...leaseView(consumer.lease, consumer.consumerId, nowNs),
    lastSignSeconds: seconds(nowNs - consumer.lastSignNs),
  };
}

/** Events with wall-clock times; `wallClockMs` is the wall clock at `nowNs`. */
export function eventViews(events: readonly SupervisionEvent[], nowNs: number, wallClockMs: number): EventView[] {
  return events.map(({ atNs, id, kind, severity, streamId, clientId, text }) => {
    const time = new Date(wallClockMs - (nowNs - atNs) / 1e6).toISOString();
    return { id, time, kind, severity, streamId, clientId, text };
  });
}

function readersOf(stream: StreamRecord, nowNs: number): ConsumerView[] {
  return [...stream.consumers.values()]
    .filter(({ isConfirmed }) => isConfirmed)
    .sort((a, b) => a.consumerId - b.consumerId)
    .map((consumer) => consumerView(consumer, stream, nowNs));
}

function lossViews(causes: ReadonlyMap<string, RunningTotal>, nowNs: number): Record<string, LossView> {
  return Object.fromEntries([...causes].map(([name, cause]) => [name, lossView(cause, nowNs)]));
}

function lossView(total: RunningTotal, nowNs: number): LossView {
  return { total: total.total, perSecond: total.perSecond(nowNs) };
}

/** Null only if all are unknown. */
function sumOf(rates: readonly (number | null)[]): number | null {
  const known = rates.filter((rate) => rate !== null);
  return rates.length > 0 && known.length === 0 ? null : known.reduce((sum, rate) => sum + rate, 0);
}

function age(nowNs: number, atNs: number): number | null {
  return Number.isFinite(atNs) ? seconds(nowNs - atNs) : null;
}

/** Rounded to the millisecond. */
function seconds(durationNs: number): number {
  return Math.round(durationNs / 1e6) / 1e3;
}
