import { Charts } from "./charts.ts";
import { ConsumerTable } from "./consumer-table.ts";
import { h, replace, setText } from "./dom.ts";
import { EventList } from "./event-list.ts";
import { formatByteRate, formatNumber, formatShape, printable } from "./format.ts";
import { healthBadge, streamHealth } from "./health.ts";
import type { Link } from "./link.ts";
import type { Store, StreamState } from "./store.ts";
import { StreamPanel } from "./stream-panel.ts";

/** One stream, or two side by side. */
export class StreamPage {
  readonly element = h("div", { class: "stream-page" });
  readonly #columns: readonly StreamColumn[];

  constructor(references: readonly string[], store: Store, link: Link, token: () => string | null) {
    this.#columns = references.map((reference, i) => new StreamColumn(reference, i, references, store, link, token));
    if (this.#columns.length > 1) this.element.classList.add("two");
    this.element.append(...this.#columns.map(({ element }) => element));
  }

  update(): void {
    for (const column of this.#columns) column.update();
  }

  close(): void {
    for (const column of this.#columns) column.close();
  }
}

class StreamColumn {
  readonly element = h("article", { class: "stream-column" });
  readonly #reference: string;
  readonly #store: Store;
  readonly #link: Link;
  readonly #title = h("h2");
  readonly #state = h("span", { class: "state" });
  readonly #facts = h("p", { class: "facts" });
  readonly #unknown = h("p", { class: "empty" });
  readonly #beside: HTMLSelectElement;
  readonly #charts: Charts;
  readonly #consumers: ConsumerTable;
  readonly #events: EventList;
  #besideKey = "";
  #panel: StreamPanel | null = null;
  #health = "";

  constructor(
    reference: string,
    place: number,
    references: readonly string[],
    store: Store,
    link: Link,
    token: () => string | null,
  ) {
    this.#reference = reference;
    this.#store = store;
    this.#link = link;
    this.#charts = new Charts(`charts-${place}`);
    this.#consumers = new ConsumerTable(store, token);
    this.#events = new EventList(`events of ${reference}`);
    this.#beside = h("select", { "aria-label": "stream beside this one" });
    this.#beside.addEventListener("change", () => {
      const chosen = this.#beside.value === "" ? [] : [this.#beside.value];
      location.hash = `#/stream/${[reference, ...chosen].map(encodeURIComponent).join("/")}`;
    });
    const others = references.filter((one) => one !== reference);
    const close =
      references.length > 1
        ? h("a", { class: "button", href: `#/stream/${others.map(encodeURIComponent).join("/")}` }, "Close")
        : h("label", { class: "beside" }, "beside", this.#beside);
    this.element.append(
      h("header", { class: "stream-head" }, this.#title, this.#state, this.#facts, close),
      this.#unknown,
    );
  }

  update(): void {
    const stream = this.#store.stream(this.#reference);
    this.#unknown.hidden = stream !== null || this.#panel !== null;
    if (stream === null) {
      setText(this.#title, printable(this.#reference));
      setText(this.#unknown, this.#store.state === null ? "Connecting …" : "No stream of this id or name is known.");
      return;
    }
    if (this.#panel === null) {
      this.#panel = new StreamPanel(stream.streamId, this.#link, this.#store);
      this.element.append(this.#panel.element, this.#charts.element, this.#consumers.element, this.#events.element);
      this.#panel.start();
    }
    this.#showHead(stream);
    this.#panel.update();
    const events = this.#store.events.filter(({ streamId }) => streamId === stream.streamId);
    this.#charts.update(this.#store.samplesOf(stream.streamId), events);
    this.#consumers.update(stream.streamId);
    this.#events.update(events);
    this.#offerOthers(stream);
  }

  close(): void {
    this.#panel?.close();
    this.#charts.close();
  }

  #showHead(stream: StreamState): void {
    setText(this.#title, printable(stream.name ?? `stream ${stream.streamId}`));
    const view = streamHealth(stream, this.#store.state?.consumers ?? []);
    const key = `${view.health} ${view.reason}`;
    if (key !== this.#health) {
      this.#health = key;
      const isPlain = view.health === "healthy";
      replace(this.#state, healthBadge(view), isPlain ? null : h("span", { class: "reason" }, view.reason));
    }
    const facts = [
      String(stream.streamId),
      formatShape(stream.dtype, stream.dims),
      stream.majorOrder === "column" ? "column order" : "",
      `${formatNumber(stream.framesPerSecond)} frames/s`,
      formatByteRate(stream.bytesPerSecond),
      `${stream.consumers} ${stream.consumers === 1 ? "consumer" : "consumers"}`,
      `epoch ${stream.epoch ?? "–"}`,
      stream.nslots === null ? "" : `${stream.nslots} slots`,
      stream.pid === null ? "" : `pid ${stream.pid}`,
      printable(stream.summary),
    ];
    setText(this.#facts, facts.filter((fact) => fact !== "").join(" · "));
  }

  #offerOthers({ streamId }: StreamState): void {
    const others = (this.#store.state?.streams ?? []).filter((stream) => stream.streamId !== streamId);
    const key = others.map((stream) => `${stream.streamId} ${stream.name}`).join();
    if (key === this.#besideKey) return;
    this.#besideKey = key;
    const options = others.map((stream) =>
      h("option", { value: stream.streamId }, printable(stream.name ?? `stream ${stream.streamId}`)),
    );
    replace(this.#beside, h("option", { value: "" }, "none"), ...options);
  }
}
