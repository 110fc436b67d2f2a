import type { Registry } from "prom-client";
import { type BridgeView, consumerViews, type SupervisionModel, streamViews } from "../supervision/model/index.ts";
import { counter, type Family, gauge } from "./metric-family.ts";

const LABELS = ["stream_id", "client_id", "direction", "peer"];
const FAR_LABELS = [...LABELS, "far_stream_id", "far_consumer_id"];
/** Most sides of bridges with series of their own. */
const MAX_BRIDGES_TOLD = 512;

interface Side {
  readonly streamId: number;
  readonly clientId: number;
  readonly bytesPerSecond: number | null;
  readonly bridge: BridgeView;
}

/** Registers the metrics of bridges; returns the function that updates them. */
export function bridgeMetrics(registry: Registry, model: SupervisionModel): (nowNs: number) => void {
  const gaugeOf = (name: string, help: string): Family => gauge(registry, `tensorpool_bridge_${name}`, help, LABELS);
  const counterOf = (name: string, help: string): Family =>
    counter(registry, `tensorpool_bridge_${name}`, help, LABELS);
  const families: readonly (readonly [Family, (side: Side) => number | null])[] = [
    [
      gaugeOf("connected", "1 while the other side is connected, else 0."),
      ({ bridge }) => (bridge.isConnected ? 1 : 0),
    ],
    [
      gaugeOf("round_trip_seconds", "To the receiver and back, with the wait behind frames."),
      ({ bridge }) => bridge.roundTripSeconds,
    ],
    [
      gaugeOf("delay_seconds", "From the timestamps of frames until the receiver had them, by related clocks."),
      ({ bridge }) => bridge.delaySeconds,
    ],
    [gaugeOf("delay_error_seconds", "By how much the delay may be off."), ({ bridge }) => bridge.delayErrorSeconds],
    [
      gaugeOf("bytes_per_second", "Payload bytes per second over the last 3 s."),
      ({ bytesPerSecond }) => bytesPerSecond,
    ],
    [counterOf("delivered_frames_total", "Frames that the receiver has published."), ({ bridge }) => bridge.delivered],
    [gaugeOf("unreported_frames", "Sent frames whose fate was not reported yet."), ({ bridge }) => bridge.unreported],
    [counterOf("naks_total", "Times that datagrams were asked for again."), ({ bridge }) => bridge.naks],
    [
      counterOf("retransmits_total", "Times that the sender's media driver has sent datagrams again."),
      ({ bridge }) => (bridge.direction === "send" ? bridge.retransmits : null),
    ],
    [
      counterOf("window_full_total", "Times that the window was full."),
      ({ bridge }) => (bridge.direction === "send" ? bridge.windowFull : null),
    ],
    [gaugeOf("window_bytes", "The receiver's window."), ({ bridge }) => bridge.windowBytes],
    [gaugeOf("socket_buffer_bytes", "The receiver's socket buffer."), ({ bridge }) => bridge.socketBufferBytes],
    [
      gaugeOf("far_consumers", "Readers of the receiver's stream."),
      ({ bridge }) => (bridge.direction === "send" ? bridge.readers : null),
    ],
  ];
  const losses = counter(
    registry,
    "tensorpool_bridge_losses_total",
    "Frames lost on the way, by cause, on either side.",
    [...LABELS, "cause"],
  );
  const accepted = counter(
    registry,
    "tensorpool_bridge_far_accepted_frames_total",
    "Frames that a reader of the receiver's stream has accepted.",
    FAR_LABELS,
  );
  const lost = counter(
    registry,
    "tensorpool_bridge_far_lost_frames_total",
    "Frames that a reader of the receiver's stream has lost.",
    FAR_LABELS,
  );
  return (nowNs) => {
    for (const family of [losses, accepted, lost, ...families.map(([each]) => each)]) family.clear();
    for (const side of sidesOf(model, nowNs).slice(0, MAX_BRIDGES_TOLD)) {
      const { streamId, clientId, bridge } = side;
      const { direction, peer } = bridge;
      const labels = { stream_id: String(streamId), client_id: String(clientId), direction, peer };
      for (const [family, read] of families) family.set(labels, read(side));
      for (const [cause, count] of Object.entries(bridge.losses)) losses.set({ ...labels, cause }, count);
      for (const reader of bridge.farReaders) {
        const far = { far_stream_id: String(reader.streamId), far_consumer_id: String(reader.consumerId) };
        accepted.set({ ...labels, ...far }, reader.accepted);
        lost.set({ ...labels, ...far }, reader.lost);
      }
    }
  };
}

function sidesOf(model: SupervisionModel, nowNs: number): Side[] {
  const sending = consumerViews(model, nowNs).map(({ consumerId, ...view }) => ({ ...view, clientId: consumerId }));
  const receiving = streamViews(model, nowNs).map(({ producerId, ...view }) => ({
    ...view,
    clientId: producerId ?? 0,
  }));
  return [...sending, ...receiving].flatMap(({ streamId, clientId, bytesPerSecond, bridge }) =>
    bridge === null ? [] : [{ streamId, clientId, bytesPerSecond, bridge }],
  );
}
