import type { Agent } from "../../core/agent.ts";
import { PeriodicTimer } from "../../core/timers.ts";
import { consumerViews, eventViews, streamViews } from "../../supervision/model/index.ts";
import type { SupervisionObserver } from "../../supervision/observer.ts";
import type { TopReading } from "./top-state.ts";

const EVENTS_SHOWN = 200;

/** Takes a reading of all known facts once per period. */
export class TopAgent implements Agent {
  readonly roleName = "top";
  readonly #observer: SupervisionObserver;
  readonly #aeronDir: string;
  readonly #timer: PeriodicTimer;
  readonly #onReading: (reading: TopReading) => void;

  constructor(
    observer: SupervisionObserver,
    options: {
      readonly aeronDir: string;
      readonly periodNs: number;
      /** True: the first reading is taken immediately. */
      readonly immediate: boolean;
      readonly onReading: (reading: TopReading) => void;
    },
  ) {
    this.#observer = observer;
    this.#aeronDir = options.aeronDir;
    this.#timer = new PeriodicTimer(options.periodNs, { immediate: options.immediate });
    this.#onReading = options.onReading;
  }

  doWork(nowNs: number): number {
    if (!this.#timer.isDue(nowNs)) return 0;
    const { model, isReady } = this.#observer;
    const { events } = model;
    this.#onReading({
      timeMs: Date.now(),
      aeronDir: this.#aeronDir,
      streams: streamViews(model, nowNs),
      consumers: consumerViews(model, nowNs),
      events: eventViews(events.after(events.lastId - EVENTS_SHOWN), nowNs, Date.now()),
      isConnected: isReady,
    });
    return 1;
  }
}
