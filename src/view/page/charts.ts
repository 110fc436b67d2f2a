import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { EventView } from "../../supervision/model/views.ts";
import type { Sample } from "../messages.ts";
import { colour, h, setText } from "./dom.ts";
import { formatByteRate, formatClock, formatNumber, formatSeconds } from "./format.ts";

const HEIGHT = 130;

interface ChartSpec {
  readonly title: string;
  readonly colour: string;
  /** Index in a sample. */
  readonly column: 1 | 2 | 3 | 4;
  readonly format: (value: number | null) => string;
  /** Upper end of the axis without data. */
  readonly least: number;
}

const CHARTS: readonly ChartSpec[] = [
  { title: "frames/s", colour: "accent", column: 1, format: (value) => formatNumber(value), least: 1 },
  { title: "bytes/s", colour: "accent", column: 2, format: (value) => formatByteRate(value), least: 1000 },
  { title: "lost frames/s", colour: "degraded", column: 3, format: (value) => formatNumber(value), least: 1 },
  {
    title: "delay to this viewer",
    colour: "healthy",
    column: 4,
    format: (value) => formatSeconds(value === null ? null : value / 1e9),
    least: 1e6,
  },
];

interface Plot {
  readonly plot: uPlot;
  readonly place: HTMLElement;
  readonly spec: ChartSpec;
  /** The value under the pointer, otherwise the newest. */
  readonly value: HTMLOutputElement;
}

/** Rate, bandwidth, losses and delay over the last minutes, with the events of the stream as lines. */
export class Charts {
  readonly element = h("section", { class: "charts" });
  readonly #plots: readonly Plot[];
  #events: readonly EventView[] = [];
  readonly #observer: ResizeObserver;

  constructor(group: string) {
    const sync = uPlot.sync(group);
    this.#plots = CHARTS.map((spec) => {
      const place = h("div", { class: "chart" });
      const value = h("output");
      this.element.append(h("figure", {}, h("figcaption", {}, spec.title, value), place));
      return { plot: new uPlot(this.#options(spec, sync.key), [[], []], place), place, spec, value };
    });
    this.#observer = new ResizeObserver(() => {
      for (const { plot, place } of this.#plots) {
        if (place.clientWidth > 0) plot.setSize({ width: place.clientWidth, height: HEIGHT });
      }
    });
    this.#observer.observe(this.element);
  }

  update(samples: readonly Sample[], events: readonly EventView[]): void {
    this.#events = events;
    const times = samples.map(([time]) => time);
    const now = times.at(-1) ?? 0;
    for (const { plot, spec } of this.#plots) {
      plot.setData([times, samples.map((sample) => sample[spec.column])], false);
      plot.setScale("x", { min: Math.max(now - 300, Math.min(times[0] ?? now, now - 60)), max: now });
    }
    this.#showValues();
  }

  #showValues(): void {
    for (const { plot, spec, value } of this.#plots) {
      const at = plot.cursor.idx ?? null;
      const [times = [], values = []] = plot.data;
      const shown = at === null ? values.at(-1) : values[at];
      const time = at === null ? "" : ` at ${clockOf(times[at] ?? 0)}`;
      setText(value, `${spec.format(shown ?? null)}${time}`);
    }
  }

  close(): void {
    this.#observer.disconnect();
    for (const { plot } of this.#plots) plot.destroy();
  }

  #options({ colour: name, format, least }: ChartSpec, sync: string): uPlot.Options {
    const axis = {
      stroke: () => colour("faint"),
      grid: { stroke: () => colour("line"), width: 1 },
      ticks: { show: false },
      font: "11px system-ui, sans-serif",
    };
    return {
      width: 300,
      height: HEIGHT,
      legend: { show: false },
      cursor: { sync: { key: sync }, y: false },
      scales: { y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.1 : least] } },
      axes: [
        { ...axis, size: 24, space: 70, values: (_plot, values) => values.map(clockOf) },
        { ...axis, size: 58, values: (_plot, values) => values.map((value) => format(value)) },
      ],
      series: [
        {},
        {
          label: "value",
          stroke: () => colour(name),
          width: 1.5,
          points: { show: false },
        },
      ],
      hooks: { draw: [(plot) => this.#drawEvents(plot)], setCursor: [() => this.#showValues()] },
    };
  }

  #drawEvents(plot: uPlot): void {
    const { ctx: context, bbox } = plot;
    context.save();
    for (const { time, severity } of this.#events) {
      const x = plot.valToPos(Date.parse(time) / 1000, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      context.fillStyle = colour(severity === "warning" ? "dead" : "faint");
      context.fillRect(Math.round(x), bbox.top, 1, bbox.height);
      const size = 3 * uPlot.pxRatio;
      context.fillRect(Math.round(x) - size, bbox.top, size * 2 + 1, size);
    }
    context.restore();
  }
}

const clockOf = (seconds: number): string => formatClock(seconds * 1000);
