import type { Registry } from "prom-client";
import { type StreamView, type SupervisionModel, streamViews } from "../supervision/model/index.ts";
import { counter, type Family, gauge } from "./metric-family.ts";

const LABELS = ["stream_id", "stream"];
const STATES = ["live", "idle", "lost"];

/** Registers the metrics of streams; returns the function that updates them. */
export function streamMetrics(registry: Registry, model: SupervisionModel): (nowNs: number) => void {
  const states = gauge(registry, "tensorpool_streams", "Streams that are known, by state.", ["state"]);
  const families: readonly (readonly [Family, (view: StreamView) => number | null])[] = [
    [
      gauge(registry, "tensorpool_stream_up", "1 while a producer of the stream lives, else 0.", LABELS),
      ({ state }) => (state === "live" ? 1 : 0),
    ],
    [
      counter(registry, "tensorpool_stream_frames_total", "Frames of the stream, by its newest seq.", LABELS),
      ({ frames }) => frames,
    ],
    [
      counter(
        registry,
        "tensorpool_stream_bytes_total",
        "Payload bytes published, by the producer's counters.",
        LABELS,
      ),
      ({ bytes }) => bytes,
    ],
    [
      gauge(registry, "tensorpool_stream_frames_per_second", "Frames per second over the last 3 s.", LABELS),
      ({ framesPerSecond }) => framesPerSecond,
    ],
    [
      gauge(registry, "tensorpool_stream_bytes_per_second", "Payload bytes per second over the last 3 s.", LABELS),
      ({ bytesPerSecond }) => bytesPerSecond,
    ],
    [
      gauge(registry, "tensorpool_stream_consumers", "Consumers of the stream that live.", LABELS),
      ({ consumers }) => consumers,
    ],
    [
      counter(registry, "tensorpool_stream_restarts_total", "Times that another epoch followed.", LABELS),
      ({ restarts }) => restarts,
    ],
    [
      gauge(registry, "tensorpool_stream_announce_age_seconds", "Seconds since the last announce.", LABELS),
      ({ lastAnnounceSeconds }) => lastAnnounceSeconds,
    ],
    [
      gauge(registry, "tensorpool_stream_sign_age_seconds", "Seconds since the producer's last sign of life.", LABELS),
      ({ lastSignSeconds }) => lastSignSeconds,
    ],
  ];
  return (nowNs) => {
    const views = streamViews(model, nowNs);
    states.clear();
    for (const state of STATES) states.set({ state }, views.filter((view) => view.state === state).length);
    for (const [family] of families) family.clear();
    for (const view of views) {
      const labels = { stream_id: String(view.streamId), stream: view.name ?? "" };
      for (const [family, read] of families) family.set(labels, read(view));
    }
  };
}
