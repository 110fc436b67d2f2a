import type { ConsumerView, EventView, StreamView } from "../../supervision/model/index.ts";

/** The data shown at one moment. */
export interface TopReading {
  readonly timeMs: number;
  readonly aeronDir: string;
  readonly streams: readonly StreamView[];
  readonly consumers: readonly ConsumerView[];
  /** The newest events, in chronological order. */
  readonly events: readonly EventView[];
  /** False while no media driver answers. */
  readonly isConnected: boolean;
}

export const TOP_PAGES = ["all", "streams", "consumers", "events"] as const;
export type TopPage = (typeof TOP_PAGES)[number];

/** Sort orders of the rows, each with its key. */
export const TOP_ORDERS = { i: "id", n: "name", f: "frames/s", b: "bytes/s", d: "drops/s", l: "lag" } as const;
export type TopOrder = (typeof TOP_ORDERS)[keyof typeof TOP_ORDERS];

/** The settings that the user changes with keys. */
export class TopState {
  page: TopPage = "all";
  order: TopOrder = "id";
  isReversed = false;
  isPaused = false;
  showsHelp = false;
  /** Number of rows above the visible part. */
  offset = 0;

  /** Handles a key as a terminal sends it. Returns "quit" if it ends the program, and false if it has no meaning. */
  onKey(key: string): "quit" | boolean {
    if (this.showsHelp && key !== "q") {
      this.showsHelp = false;
      return true;
    }
    if (key in TOP_ORDERS) {
      this.#orderBy(TOP_ORDERS[key as keyof typeof TOP_ORDERS]);
      return true;
    }
    switch (key) {
      case "q":
      case "\x1b":
        return "quit";
      case "\t":
      case "\x1b[Z":
        this.#turn(key === "\t" ? 1 : -1);
        return true;
      case "r":
        this.isReversed = !this.isReversed;
        return true;
      case " ":
      case "p":
        this.isPaused = !this.isPaused;
        return true;
      case "?":
      case "h":
        this.showsHelp = true;
        return true;
      default:
        return this.#scroll(key);
    }
  }

  streamsOf({ streams }: TopReading): StreamView[] {
    return this.#sorted(streams, {
      id: ({ streamId }) => streamId,
      name: ({ name }) => name ?? "",
      "frames/s": ({ framesPerSecond }) => -(framesPerSecond ?? -1),
      "bytes/s": ({ bytesPerSecond }) => -(bytesPerSecond ?? -1),
      "drops/s": ({ dropsPerSecond }) => -(dropsPerSecond ?? -1),
      lag: ({ drops }) => -drops,
    });
  }

  consumersOf({ consumers, streams }: TopReading): ConsumerView[] {
    const names = new Map(streams.map(({ streamId, name }) => [streamId, name ?? ""]));
    return this.#sorted(consumers, {
      // Consumer ids are random, so rows are sorted by stream first.
      id: ({ streamId, consumerId }) => streamId * 2 ** 21 + consumerId / 2 ** 32,
      name: ({ streamId }) => names.get(streamId) ?? "",
      "frames/s": ({ framesPerSecond }) => -(framesPerSecond ?? -1),
      "bytes/s": ({ bytesPerSecond }) => -(bytesPerSecond ?? -1),
      "drops/s": ({ drops }) => -(drops.perSecond ?? -1),
      lag: ({ lag }) => -(lag ?? -1),
    });
  }

  #sorted<Row>(rows: readonly Row[], keys: Readonly<Record<TopOrder, (row: Row) => number | string>>): Row[] {
    const keyOf = keys[this.order];
    const sorted = rows.map((row) => ({ row, key: keyOf(row) })).sort((a, b) => compare(a.key, b.key));
    if (this.isReversed) sorted.reverse();
    return sorted.map(({ row }) => row);
  }

  #orderBy(order: TopOrder): void {
    this.isReversed = this.order === order && !this.isReversed;
    this.order = order;
    this.offset = 0;
  }

  #turn(by: number): void {
    const { length } = TOP_PAGES;
    this.page = TOP_PAGES[(TOP_PAGES.indexOf(this.page) + by + length) % length] as TopPage;
    this.offset = 0;
  }

  #scroll(key: string): boolean {
    const step = { "\x1b[A": -1, k: -1, "\x1b[B": 1, j: 1, "\x1b[5~": -10, "\x1b[6~": 10 }[key];
    if (key === "\x1b[H" || key === "g") this.offset = 0;
    else if (step !== undefined) this.offset = Math.max(0, this.offset + step);
    else return false;
    return true;
  }
}

function compare(a: number | string, b: number | string): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b));
}
