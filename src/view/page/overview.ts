import { append, h, replace, setText } from "./dom.ts";
import { EventList } from "./event-list.ts";
import { formatByteRate, formatCount, formatNumber, formatRate, formatSeconds, printable } from "./format.ts";
import { type Health, healthBadge, streamHealth } from "./health.ts";
import type { Link } from "./link.ts";
import { drawSparkline } from "./sparkline.ts";
import type { Store, StreamState } from "./store.ts";
import { Thumbnail } from "./thumbnail.ts";

type SortKey = "state" | "stream" | "frames" | "bytes" | "consumers" | "lost";

interface Column {
  readonly title: string;
  /** The sort keys of its heading, with their texts. */
  readonly sorts: readonly (readonly [key: SortKey, text: string])[];
  readonly class?: string;
}

const COLUMNS: readonly Column[] = [
  { title: "", sorts: [] },
  { title: "state", sorts: [["state", "state"]] },
  { title: "stream", sorts: [["stream", "stream"]] },
  { title: "frame", sorts: [] },
  {
    title: "rate",
    sorts: [
      ["frames", "frames/s"],
      ["bytes", "bytes/s"],
    ],
    class: "n",
  },
  { title: "consumers", sorts: [["consumers", "consumers"]], class: "n" },
  { title: "lost", sorts: [["lost", "lost/s, by cause"]], class: "losses-cell" },
  { title: "epoch and lease", sorts: [] },
];

const RANK: Readonly<Record<Health, number>> = { dead: 0, degraded: 1, healthy: 2, idle: 3 };
const SPARK_SAMPLES = 60;

interface Row {
  readonly element: HTMLTableRowElement;
  readonly thumbnail: Thumbnail;
  readonly cells: readonly HTMLElement[];
  readonly rateSpark: HTMLCanvasElement;
  readonly lossSpark: HTMLCanvasElement;
  readonly texts: Readonly<
    Record<
      "name" | "id" | "dtype" | "shape" | "frames" | "bytes" | "consumers" | "lost" | "causes" | "epoch" | "lease",
      HTMLElement
    >
  >;
  health: string;
}

/** Every stream: its flow, its consumers, its losses and their causes; and the events. */
export class Overview {
  readonly element: HTMLElement;
  readonly #store: Store;
  readonly #link: Link;
  readonly #rows = new Map<number, Row>();
  readonly #body = h("tbody");
  readonly #events = new EventList("events");
  readonly #empty = h("div", { class: "empty" });
  readonly #summary = h("p", { class: "summary", role: "status" });
  readonly #filter = h("input", {
    type: "search",
    placeholder: "Filter by name, id, dtype or state",
    "aria-label": "filter",
  });
  readonly #headings: readonly HTMLTableCellElement[];
  #sort: SortKey = "stream";
  #isDescending = false;

  constructor(store: Store, link: Link) {
    this.#store = store;
    this.#link = link;
    this.#headings = COLUMNS.map((column) => this.#heading(column));
    const head = h("tr", {}, ...this.#headings);
    const table = h(
      "table",
      { class: "streams" },
      h("caption", { class: "unseen" }, "streams"),
      h("thead", {}, head),
      this.#body,
    );
    this.#filter.addEventListener("input", () => this.update());
    this.element = h(
      "div",
      { class: "overview" },
      h("div", { class: "bar" }, this.#summary, this.#filter),
      h(
        "div",
        { class: "columns" },
        h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "streams" }, table, this.#empty),
        this.#events.element,
      ),
    );
    this.#markSort();
  }

  update(): void {
    const { state, events } = this.#store;
    const streams = state?.streams ?? [];
    const consumers = state?.consumers ?? [];
    const views = streams.map((stream) => ({ stream, view: streamHealth(stream, consumers) }));
    const wanted = this.#filter.value.trim().toLowerCase();
    const shown = views
      .filter(({ stream, view }) => wanted === "" || searchText(stream, view.health).includes(wanted))
      .sort((a, b) => this.#compare(a, b));
    const ids = new Set(streams.map(({ streamId }) => streamId));
    for (const [streamId, row] of this.#rows) {
      if (ids.has(streamId)) continue;
      row.thumbnail.close();
      this.#rows.delete(streamId);
    }
    const elements = shown.map(({ stream, view }) => {
      const row = this.#rows.get(stream.streamId) ?? this.#newRow(stream.streamId);
      this.#fill(row, stream, view);
      return row.element;
    });
    if (elements.length !== this.#body.children.length || elements.some((row, i) => row !== this.#body.children[i]))
      this.#body.replaceChildren(...elements);
    for (const { stream } of shown) this.#drawSparks(stream.streamId);
    this.#showSummary(views.map(({ view }) => view.health));
    this.#showEmpty(streams.length, shown.length);
    this.#events.update(events);
  }

  close(): void {
    for (const { thumbnail } of this.#rows.values()) thumbnail.close();
    this.#rows.clear();
  }

  #showSummary(healths: readonly Health[]): void {
    const streams = this.#store.state?.streams ?? [];
    const count = (health: Health): number => healths.filter((one) => one === health).length;
    const sum = (of: (stream: StreamState) => number | null): number =>
      streams.reduce((total, stream) => total + (of(stream) ?? 0), 0);
    const parts = [
      `${streams.length} ${streams.length === 1 ? "stream" : "streams"}`,
      `${formatNumber(sum(({ framesPerSecond }) => framesPerSecond))} frames/s`,
      formatByteRate(sum(({ bytesPerSecond }) => bytesPerSecond)),
    ];
    const troubles = (["dead", "degraded"] as const).filter((health) => count(health) > 0);
    for (const health of troubles) parts.push(`${count(health)} ${health}`);
    setText(this.#summary, parts.join(" · "));
  }

  #showEmpty(known: number, shown: number): void {
    const { state } = this.#store;
    this.#empty.hidden = shown > 0;
    if (shown > 0) return;
    if (known > 0) {
      replace(this.#empty, h("p", {}, "No stream matches the filter."));
      return;
    }
    const text =
      state === null
        ? "Connecting …"
        : state.isReady
          ? "No stream is known yet. A producer appears here within a second of its start:"
          : `No media driver answers in ${state.aeronDir}. A driver or a producer brings one:`;
    replace(
      this.#empty,
      h("p", {}, text),
      state === null ? null : h("pre", {}, "tensorpool producer --standalone --source synthetic: --rate 30"),
    );
  }

  #newRow(streamId: number): Row {
    const thumbnail = new Thumbnail(streamId, this.#link);
    const span = (name = ""): HTMLElement => h("span", name === "" ? {} : { class: name });
    const texts: Row["texts"] = {
      name: h("a", { href: `#/stream/${streamId}`, class: "name" }),
      id: span("faint"),
      dtype: span(),
      shape: span("second"),
      frames: span(),
      bytes: span("second"),
      consumers: span(),
      lost: span(),
      causes: span("second"),
      epoch: span(),
      lease: span("second"),
    };
    const rateSpark = h("canvas", { class: "spark", "aria-hidden": "true" });
    const lossSpark = h("canvas", { class: "spark", "aria-hidden": "true" });
    const contents: readonly (readonly Node[])[] = [
      [thumbnail.element],
      [],
      [texts.name, texts.id],
      [texts.dtype, texts.shape],
      [rateSpark, texts.frames, texts.bytes],
      [texts.consumers],
      [texts.lost, lossSpark, texts.causes],
      [texts.epoch, texts.lease],
    ];
    const cells = contents.map((children, i) => {
      const column = COLUMNS[i] as Column;
      return h(
        "td",
        { ...(column.class === undefined ? {} : { class: column.class }), "data-title": column.title },
        ...children,
      );
    });
    const element = h("tr", {}, ...cells);
    element.addEventListener("click", ({ target }) => {
      if (!(target instanceof HTMLAnchorElement)) location.hash = `#/stream/${streamId}`;
    });
    const row = { element, thumbnail, cells, rateSpark, lossSpark, texts, health: "" };
    this.#rows.set(streamId, row);
    return row;
  }

  #fill(row: Row, stream: StreamState, view: ReturnType<typeof streamHealth>): void {
    const { texts, cells } = row;
    const key = `${view.health} ${view.reason}`;
    if (row.health !== key) {
      row.health = key;
      const isPlain = view.health === "healthy";
      replace(cells[1] as HTMLElement, healthBadge(view), isPlain ? null : h("span", { class: "reason" }, view.reason));
    }
    const causes = new Map<string, number>();
    for (const { streamId, state, causes: ofOne } of this.#store.state?.consumers ?? []) {
      // The sum also covers only live consumers.
      if (streamId !== stream.streamId || state === "lost") continue;
      for (const [name, { total }] of Object.entries(ofOne)) causes.set(name, (causes.get(name) ?? 0) + total);
    }
    const named = [...causes].filter(([, total]) => total > 0).sort(([, a], [, b]) => b - a);
    setText(texts.name, printable(stream.name ?? `stream ${stream.streamId}`));
    setText(texts.id, String(stream.streamId));
    texts.id.title = stream.pid === null ? "" : `producer in process ${stream.pid}`;
    setText(texts.dtype, stream.dtype ?? "–");
    setText(texts.shape, stream.dims?.join(" × ") ?? "");
    setText(texts.frames, formatRate(stream.framesPerSecond));
    setText(texts.bytes, formatByteRate(stream.bytesPerSecond));
    setText(texts.consumers, String(stream.consumers));
    setText(texts.lost, `${formatNumber(stream.dropsPerSecond ?? 0)}/s`);
    const list = named.slice(0, 4).map(([name, total]) => `${name} ${formatCount(total)}`);
    const total = stream.drops === 0 ? "none" : `${formatCount(stream.drops)} in all`;
    setText(texts.causes, [total, ...list].join(" · "));
    const restarts = stream.restarts === 0 ? "" : ` · ${stream.restarts} restarts`;
    setText(texts.epoch, `#${stream.seq ?? "–"}${restarts}`);
    texts.epoch.title = "newest frame";
    setText(texts.lease, `${stream.epoch ?? "–"}\n${leaseText(stream)}`);
  }

  #drawSparks(streamId: number): void {
    const row = this.#rows.get(streamId);
    if (row === undefined) return;
    const samples = this.#store.samplesOf(streamId).slice(-SPARK_SAMPLES);
    drawSparkline(
      row.rateSpark,
      samples.map(([, frames]) => frames),
    );
    drawSparkline(
      row.lossSpark,
      samples.map(([, , , lost]) => lost),
      true,
    );
  }

  #heading({ title, sorts, class: name }: Column): HTMLTableCellElement {
    const cell = h("th", { scope: "col", ...(name === undefined ? {} : { class: name }) });
    if (sorts.length === 0) append(cell, [title === "" ? h("span", { class: "unseen" }, "picture") : title]);
    for (const [key, text] of sorts) {
      const sort = h("button", { type: "button", class: "sort", "data-key": key }, text);
      sort.addEventListener("click", () => {
        this.#isDescending = this.#sort === key ? !this.#isDescending : !["stream", "state"].includes(key);
        this.#sort = key;
        this.#markSort();
        this.update();
      });
      append(cell, [sort]);
    }
    return cell;
  }

  #markSort(): void {
    for (const [i, { sorts }] of COLUMNS.entries()) {
      const heading = this.#headings[i];
      const isSorted = sorts.some(([key]) => key === this.#sort);
      if (isSorted) heading?.setAttribute("aria-sort", this.#isDescending ? "descending" : "ascending");
      else heading?.removeAttribute("aria-sort");
      for (const sort of heading?.querySelectorAll(".sort") ?? []) {
        sort.classList.toggle("is-sorted", sort.getAttribute("data-key") === this.#sort);
      }
    }
  }

  #compare(
    a: { readonly stream: StreamState; readonly view: { readonly health: Health } },
    b: { readonly stream: StreamState; readonly view: { readonly health: Health } },
  ): number {
    const keyOf = ({ stream, view }: typeof a): number => {
      switch (this.#sort) {
        case "state":
          return RANK[view.health];
        case "stream":
          return stream.streamId;
        case "frames":
          return stream.framesPerSecond ?? -1;
        case "bytes":
          return stream.bytesPerSecond ?? -1;
        case "consumers":
          return stream.consumers;
        case "lost":
          return stream.dropsPerSecond ?? -1;
      }
    };
    const order = keyOf(a) - keyOf(b) || a.stream.streamId - b.stream.streamId;
    return this.#isDescending ? -order : order;
  }
}

/** How the producer holds its stream. */
function leaseText({ lease, leaseEndReason, leaseSignSeconds }: StreamState): string {
  if (lease === "held") return `lease extended ${formatSeconds(leaseSignSeconds)} ago`;
  return lease === "ended" ? `lease ended: ${printable(leaseEndReason ?? "unknown")}` : "no lease";
}

function searchText(stream: StreamState, health: Health): string {
  return `${stream.streamId} ${stream.name ?? ""} ${stream.dtype ?? ""} ${health}`.toLowerCase();
}
