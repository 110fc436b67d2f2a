import type { Agent } from "../../core/agent.ts";
import { type EventView, eventViews, type SupervisionModel } from "../../supervision/model/index.ts";

/** Reports each event once, soon after it occurred. */
export class EventReporter implements Agent {
  readonly roleName = "events";
  readonly #model: SupervisionModel;
  readonly #tell: (event: EventView) => void;
  #lastId = 0;
  #missed = 0;

  constructor(model: SupervisionModel, tell: (event: EventView) => void) {
    this.#model = model;
    this.#tell = tell;
  }

  /** Number of events that were discarded before they could be reported. */
  get missed(): number {
    return this.#missed;
  }

  doWork(nowNs: number): number {
    const { events } = this.#model;
    if (events.lastId === this.#lastId) return 0;
    const news = eventViews(events.after(this.#lastId), nowNs, Date.now());
    this.#missed += events.lastId - this.#lastId - news.length;
    this.#lastId = events.lastId;
    for (const event of news) this.#tell(event);
    return news.length;
  }
}
