import type { EventView } from "../../supervision/model/views.ts";
import { h, replace } from "./dom.ts";
import { formatTime, printable } from "./format.ts";

const SHOWN = 200;

/** The events, newest first. */
export class EventList {
  readonly element: HTMLElement;
  readonly #list = h("ol", { class: "events", tabindex: "0" });
  #lastId = -1;
  #count = -1;

  constructor(label: string) {
    this.element = h("section", { class: "event-pane", "aria-label": label }, h("h3", {}, "Events"), this.#list);
  }

  update(events: readonly EventView[]): void {
    const lastId = events.at(-1)?.id ?? 0;
    if (lastId === this.#lastId && events.length === this.#count) return;
    this.#lastId = lastId;
    this.#count = events.length;
    const rows = events.slice(-SHOWN).reverse().map(eventRow);
    replace(this.#list, ...(rows.length === 0 ? [h("li", { class: "note" }, "Nothing has happened yet.")] : rows));
  }
}

function eventRow({ time, kind, severity, text }: EventView): HTMLElement {
  const isWarning = severity === "warning";
  return h(
    "li",
    { class: severity },
    h("time", { datetime: time }, formatTime(time)),
    h("span", { class: "kind" }, `${isWarning ? "▲ " : ""}${kind}`),
    h("span", { class: "text" }, printable(text)),
  );
}
