import {
  type ConsumerView,
  type StreamView,
  type SupervisionModel,
  streamViews,
} from "../../supervision/model/index.ts";
import type { CheckLimits } from "./limits.ts";
import type { WatchedBridge } from "./watched-bridges.ts";
import type { WorstDrops } from "./worst-drops.ts";

/** Covers two reports of each role; roles report once a second. */
const SHORTEST_NS = 3.5e9;
const MARGIN_NS = 1e9;

/** The streams and consumers that the check received messages of. */
export interface Observed {
  readonly streams: readonly StreamView[];
  readonly consumers: readonly ConsumerView[];
  readonly bridges: readonly WatchedBridge[];
}

export const NOTHING_OBSERVED: Observed = { streams: [], consumers: [], bridges: [] };

/** How long a check listens: longer than the silence that it warns about. */
export function observationNsOf({ silenceNs }: CheckLimits): number {
  return Math.max(SHORTEST_NS, silenceNs.warning + MARGIN_NS);
}

/** The observed facts of the expected streams, given by id or name; of all streams if none is given. */
export function observedOf(
  model: SupervisionModel,
  drops: WorstDrops,
  expected: readonly string[],
  nowNs: number,
): Observed {
  const streams = streamViews(model, nowNs).filter((stream) => isWanted(stream, expected));
  const ids = new Set(streams.map(({ streamId }) => streamId));
  const isOfThem = ({ streamId }: { readonly streamId: number }): boolean => ids.has(streamId);
  return {
    streams,
    consumers: drops.consumers(nowNs).filter(isOfThem),
    bridges: drops.bridges(nowNs).filter(isOfThem),
  };
}

function isWanted({ streamId, name }: StreamView, expected: readonly string[]): boolean {
  return expected.length === 0 || expected.includes(String(streamId)) || (name !== null && expected.includes(name));
}
