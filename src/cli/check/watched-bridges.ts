import {
  type BridgeView,
  bridgeLosses,
  consumerViews,
  type SupervisionModel,
  streamViews,
} from "../../supervision/model/index.ts";

/** One side of a bridge while it was observed. */
export interface WatchedBridge {
  readonly streamId: number;
  readonly bridge: BridgeView;
  /** Share of lost frames, 0 to 1; null where none came. */
  readonly lostShare: number | null;
}

interface Counts {
  readonly delivered: number;
  readonly lost: number;
}

/** Compares what the sides of bridges have counted with where they were when they were seen first. */
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
