import type { Agent } from "../../core/agent.ts";
import { PeriodicTimer } from "../../core/timers.ts";
import { type ConsumerView, consumerViews, type SupervisionModel } from "../../supervision/model/index.ts";
import { BridgeWatch, type WatchedBridge } from "./watched-bridges.ts";

/** Roles report once a second, so this period misses no report. */
const PERIOD_NS = 250e6;

/** Keeps each consumer's largest share of lost frames during the observation; a reported share covers only the last few seconds. */
export class WorstDrops implements Agent {
  readonly roleName = "worst-drops";
  readonly #model: SupervisionModel;
  readonly #timer = new PeriodicTimer(PERIOD_NS);
  readonly #bridges: BridgeWatch;
  readonly #ratios = new Map<string, number>();

  constructor(model: SupervisionModel) {
    this.#model = model;
    this.#bridges = new BridgeWatch(model);
  }

  doWork(nowNs: number): number {
    if (this.#timer.isDue(nowNs)) this.#look(nowNs);
    return 0;
  }

  onClose(): void {}

  /** The live consumers, each with its largest share. */
  consumers(nowNs: number): readonly ConsumerView[] {
    this.#look(nowNs);
    return consumerViews(this.#model, nowNs)
      .filter(({ state }) => state === "live")
      .map((view) => ({ ...view, dropRatio: this.#ratios.get(keyOf(view)) ?? view.dropRatio }));
  }

  /** The sides of bridges, with their losses during the observation. */
  bridges(nowNs: number): readonly WatchedBridge[] {
    return this.#bridges.look(nowNs);
  }

  #look(nowNs: number): void {
    this.#bridges.look(nowNs);
    for (const view of consumerViews(this.#model, nowNs)) {
      if (view.dropRatio === null) continue;
      const key = keyOf(view);
      this.#ratios.set(key, Math.max(view.dropRatio, this.#ratios.get(key) ?? 0));
    }
  }
}

function keyOf({ streamId, consumerId }: ConsumerView): string {
  return `${streamId}/${consumerId}`;
}
