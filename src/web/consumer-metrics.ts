import type { Registry } from "prom-client";
import { type ConsumerView, consumerViews, type SupervisionModel } from "../supervision/model/index.ts";
import { counter, type Family, gauge } from "./metric-family.ts";

/** Most consumers with series of their own; the others are only counted, so that a scrape stays short. */
const MAX_CONSUMERS_TOLD = 2048;
const LABELS = ["stream_id", "consumer_id"];
const MODES = ["stream", "latest", "decimated"];

/** Registers the metrics of consumers; returns the function that updates them. */
export function consumerMetrics(registry: Registry, model: SupervisionModel): (nowNs: number) => void {
  const known = gauge(registry, "tensorpool_consumers", "Consumers that are known, by state.", ["state"]);
  const omitted = gauge(registry, "tensorpool_consumers_omitted", "Consumers without series of their own: too many.");
  const mode = gauge(registry, "tensorpool_consumer_mode", "1 for the mode in which it reads.", [...LABELS, "mode"]);
  const drops = counter(
    registry,
    "tensorpool_consumer_drops_total",
    "Lost frames as the consumer reports them: gap or late.",
    [...LABELS, "kind"],
  );
  const causes = counter(
    registry,
    "tensorpool_consumer_losses_total",
    "Lost frames by cause, by the consumer's own counters.",
    [...LABELS, "cause"],
  );
  const recorder = counter(
    registry,
    "tensorpool_consumer_recorder_losses_total",
    "Frames that a consumer could not record, by its own cause; a part of its losses.",
    [...LABELS, "cause"],
  );
  const families: readonly (readonly [Family, (view: ConsumerView) => number | null])[] = [
    [
      gauge(registry, "tensorpool_consumer_up", "1 while the consumer lives, else 0.", LABELS),
      ({ state }) => (state === "live" ? 1 : 0),
    ],
    [
      counter(
        registry,
        "tensorpool_consumer_accepted_frames_total",
        "Frames read and intact, by its counters.",
        LABELS,
      ),
      ({ accepted }) => accepted,
    ],
    [
      counter(
        registry,
        "tensorpool_consumer_recorded_frames_total",
        "Frames in the recording of a consumer that records, by its counters.",
        LABELS,
      ),
      ({ recorded }) => recorded,
    ],
    [
      gauge(registry, "tensorpool_consumer_drop_ratio", "Share of lost frames over the last 3 s, 0 to 1.", LABELS),
      ({ dropRatio }) => dropRatio,
    ],
    [gauge(registry, "tensorpool_consumer_lag_frames", "Frames that the producer is ahead.", LABELS), ({ lag }) => lag],
    [
      gauge(registry, "tensorpool_consumer_sign_age_seconds", "Seconds since its last sign of life.", LABELS),
      ({ lastSignSeconds }) => lastSignSeconds,
    ],
    [
      counter(registry, "tensorpool_consumer_id_conflicts_total", "Times that two sessions used its id.", LABELS),
      ({ conflicts }) => conflicts,
    ],
    [
      counter(registry, "tensorpool_consumer_restarts_total", "Times that another process took its id over.", LABELS),
      ({ restarts }) => restarts,
    ],
  ];
  return (nowNs) => {
    const views = consumerViews(model, nowNs);
    known.clear();
    for (const state of ["live", "lost"]) known.set({ state }, views.filter((view) => view.state === state).length);
    omitted.set({}, Math.max(0, views.length - MAX_CONSUMERS_TOLD));
    for (const family of [mode, drops, causes, recorder, ...families.map(([each]) => each)]) family.clear();
    for (const view of views.slice(0, MAX_CONSUMERS_TOLD)) {
      const labels = { stream_id: String(view.streamId), consumer_id: String(view.consumerId) };
      for (const [family, read] of families) family.set(labels, read(view));
      for (const name of view.mode === null ? [] : MODES)
        mode.set({ ...labels, mode: name }, name === view.mode ? 1 : 0);
      drops.set({ ...labels, kind: "gap" }, view.gap.total);
      drops.set({ ...labels, kind: "late" }, view.late.total);
      for (const [cause, { total }] of Object.entries(view.causes)) causes.set({ ...labels, cause }, total);
      for (const [cause, { total }] of Object.entries(view.recorderCauses)) recorder.set({ ...labels, cause }, total);
    }
  };
}
