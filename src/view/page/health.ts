import { h } from "./dom.ts";
import { formatNumber, formatSeconds } from "./format.ts";
import type { ConsumerState, StreamState } from "./store.ts";

/** Distinguished by shape and word as well as by colour. */
export type Health = "healthy" | "degraded" | "dead" | "idle";

const SHAPES: Readonly<Record<Health, string>> = { healthy: "●", degraded: "▲", dead: "✕", idle: "○" };

/** How long a consumer that has left is reported: most of them have simply ended. */
const NEWS_SECONDS = 15;

export interface HealthView {
  readonly health: Health;
  /** Why, in words. */
  readonly reason: string;
}

export function streamHealth(stream: StreamState, consumers: readonly ConsumerState[]): HealthView {
  const { state, lastSignSeconds, dropsPerSecond, framesPerSecond } = stream;
  if (state === "lost")
    return { health: "dead", reason: `the producer was last heard ${formatSeconds(lastSignSeconds)} ago` };
  if (state === "idle") return { health: "idle", reason: "no producer is attached" };
  if (stream.trouble !== null) return { health: "degraded", reason: `its frames cannot be shown: ${stream.trouble}` };
  if ((dropsPerSecond ?? 0) > 0)
    return { health: "degraded", reason: `consumers lose ${formatNumber(dropsPerSecond)} frames/s` };
  const lost = consumers.filter(
    ({ streamId, state: its, lastSignSeconds: silent }) =>
      streamId === stream.streamId && its === "lost" && silent < NEWS_SECONDS,
  );
  if (lost.length > 0) {
    const who = lost.length === 1 ? "a consumer" : `${lost.length} consumers`;
    return { health: "degraded", reason: `${who} ended, or fell silent, a moment ago` };
  }
  if (framesPerSecond === 0) return { health: "idle", reason: "the producer is attached and publishes nothing" };
  return { health: "healthy", reason: "frames flow and no consumer loses any" };
}

export function consumerHealth({ state, lastSignSeconds, drops }: ConsumerState): HealthView {
  if (state === "lost") return { health: "dead", reason: `it was last heard ${formatSeconds(lastSignSeconds)} ago` };
  if ((drops.perSecond ?? 0) > 0)
    return { health: "degraded", reason: `it loses ${formatNumber(drops.perSecond)} frames/s` };
  return { health: "healthy", reason: "it loses no frame" };
}

export function healthBadge({ health, reason }: HealthView): HTMLElement {
  return h(
    "span",
    { class: `health ${health}`, title: reason },
    h("span", { class: "shape", "aria-hidden": "true" }, SHAPES[health]),
    health,
  );
}
