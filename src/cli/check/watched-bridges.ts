import {
  type BridgeView,
  bridgeLosses,
  consumerViews,
  type SupervisionModel,
  streamViews,
} from "../../supervision/model/index.ts";

/** One side of a bridge during the observation. */
export interface WatchedBridge {
  readonly streamId: number;
  readonly bridge: BridgeView;
  /** Share of lost frames, 0 to 1; null if none arrived. */
  readonly lostShare: number | null;
}

interface Counts {
  readonly delivered: number;
  readonly lost: number;
}

/** Compares the counters of each bridge side with their values when it was first seen. */
export class BridgeWatch {
  readonly #model: SupervisionModel;
  readonly #first = new Map<string, Counts>();

  constructor(model: SupervisionModel) {
    this.#model = model;
  }

  look(nowNs: number): readonly WatchedBridge[] {
    const consumers = consumerViews(this.#model, nowNs).filter(({ state }) => state === "live");
    const sides = [
      ...consumers.map(({ streamId, consumerId, bridge }) => ({ key: `${streamId}/${consumerId}`, streamId, bridge })),
      ...streamViews(this.#model, nowNs).map(({ streamId, bridge }) => ({ key: `${streamId}`, streamId, bridge })),
    ];
    return sides.flatMap(({ key, streamId, bridge }) => {
      if (bridge === null) return [];
      const now = { delivered: bridge.delivered, lost: bridgeLosses(bridge) };
      const first = this.#first.get(key) ?? now;
      this.#first.set(key, first);
      const [delivered, lost] = [now.delivered - first.delivered, now.lost - first.lost];
      const passed = delivered + lost;
      return [{ streamId, bridge, lostShare: passed <= 0 ? null : Math.max(0, lost / passed) }];
    });
  }
}
