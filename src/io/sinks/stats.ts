import { suggestion } from "../../core/nearest.ts";
import { describeLayout, sameLayout } from "../layout.ts";
import type { SinkKind } from "../spec.ts";
import { optionError, SINK } from "../spec.ts";
import type { FrameLayout, Sink, SinkFrame } from "../types.ts";
import { ValueStatistics } from "./value-statistics.ts";

/** Layouts that are counted separately; a stream with more is reported as such. */
const MAX_LAYOUTS = 16;

/** A number with four significant digits, for display. */
function short(value: number): string {
  return Number.isInteger(value) ? String(value) : Number(value.toPrecision(4)).toString();
}

function duration(ns: number): string {
  if (ns >= 1e9) return `${short(ns / 1e9)} s`;
  if (ns >= 1e6) return `${short(ns / 1e6)} ms`;
  return ns >= 1e3 ? `${short(ns / 1e3)} us` : `${short(ns)} ns`;
}

/** Counts frames without copying them; with `values` it reads every element as well. */
class StatsSink implements Sink {
  readonly description: string;
  readonly needsAttributes = false;
  readonly hasRoom = true;
  readonly closedByReader = false;
  readonly takesAll = true;
  readonly drained = true;
  readonly #values: ValueStatistics | null;
  readonly #frameValues = new ValueStatistics();
  readonly #layouts: FrameLayout[] = [];
  #hasMoreLayouts = false;
  #frames = 0;
  #bytes = 0;
  #torn = 0;
  #minimumAgeNs = Number.POSITIVE_INFINITY;
  #maximumAgeNs = Number.NEGATIVE_INFINITY;
  #sumAgeNs = 0;
  #nowNs = Number.NaN;
  #firstNs = Number.NaN;
  #lastNs = Number.NaN;
  #stagedBytes = 0;
  #stagedAgeNs = 0;
  #stagedLayout: FrameLayout | null = null;
  #isNewLayout = false;

  constructor(hasValues: boolean) {
    this.description = hasValues ? "stats:values" : "stats";
    this.#values = hasValues ? new ValueStatistics() : null;
  }

  accept(frame: SinkFrame): void {
    this.#stagedBytes = frame.byteLength;
    this.#stagedAgeNs = frame.ageNs;
    const known = this.#stagedLayout;
    if (known === null || !sameLayout(known, frame)) this.#takeLayout(frame);
    if (this.#values === null) return;
    let elements = 1;
    for (const dim of frame.dims) elements *= dim;
    this.#frameValues.reset();
    this.#frameValues.addFrame(frame.dtype, frame.bytes, elements);
  }

  settle(intact: boolean): void {
    if (!intact) {
      this.#torn++;
      return;
    }
    if (this.#isNewLayout) this.#rememberLayout();
    if (this.#frames === 0) this.#firstNs = this.#nowNs;
    this.#lastNs = this.#nowNs;
    this.#frames++;
    this.#bytes += this.#stagedBytes;
    const ageNs = this.#stagedAgeNs;
    this.#sumAgeNs += ageNs;
    if (ageNs < this.#minimumAgeNs) this.#minimumAgeNs = ageNs;
    if (ageNs > this.#maximumAgeNs) this.#maximumAgeNs = ageNs;
    this.#values?.merge(this.#frameValues);
  }

  doWork(nowNs: number): number {
    this.#nowNs = nowNs;
    return 0;
  }

  summary(): readonly string[] {
    const frames = this.#frames;
    if (frames === 0) return [`frames 0${this.#tornNote()}`];
    const seconds = (this.#lastNs - this.#firstNs) / 1e9;
    // n frames have n - 1 intervals between them.
    const rate = frames > 1 && seconds > 0 ? (frames - 1) / seconds : null;
    const lines = [`frames ${frames}, bytes ${this.#bytes}${this.#tornNote()}`];
    if (rate !== null) {
      lines.push(
        `rate ${short(rate)} frames/s, ${short((rate * this.#bytes) / frames)} bytes/s over ${short(seconds)} s`,
      );
    }
    const mean = duration(this.#sumAgeNs / frames);
    lines.push(`age min ${duration(this.#minimumAgeNs)}, mean ${mean}, max ${duration(this.#maximumAgeNs)}`);
    lines.push(`layout ${this.#layouts.map(describeLayout).join("; ")}${this.#hasMoreLayouts ? "; and others" : ""}`);
    if (this.#values !== null) lines.push(this.#valuesLine(this.#values));
    return lines;
  }

  async close(): Promise<void> {}

  #tornNote(): string {
    return this.#torn === 0 ? "" : `, overwritten while they were read ${this.#torn}`;
  }

  #valuesLine({ count, nanCount, minimum, maximum, sum }: ValueStatistics): string {
    const nans = nanCount === 0 ? "" : `, NaN ${nanCount}`;
    if (count === nanCount) return `values none${nans}`;
    return `values min ${short(minimum)}, mean ${short(sum / (count - nanCount))}, max ${short(maximum)}${nans}`;
  }

  /** A frame is valid only during the call: the comparison with the next one needs a copy. */
  #takeLayout({ dtype, dims, majorOrder, byteLength }: FrameLayout): void {
    this.#stagedLayout = { dtype, dims: [...dims], majorOrder, byteLength };
    this.#isNewLayout = true;
  }

  #rememberLayout(): void {
    this.#isNewLayout = false;
    const layout = this.#stagedLayout;
    if (layout === null || this.#layouts.some((known) => sameLayout(known, layout))) return;
    if (this.#layouts.length < MAX_LAYOUTS) this.#layouts.push(layout);
    else this.#hasMoreLayouts = true;
  }
}

export const statsSink: SinkKind = {
  name: "stats",
  usage: "stats[:values]",
  summary: [
    "counts frames without copying: rate, bytes/s, age, dtype and dims, as lines at the end",
    "stats:values also min, mean and max of the values: reads every byte, about 1 ns an element",
  ],
  parse(rest) {
    if (rest !== "" && rest !== "values") {
      throw optionError(SINK, `expected stats or stats:values, found "stats:${rest}"${suggestion(rest, ["values"])}`, {
        expected: "values",
        found: rest,
      });
    }
    return { usesStdout: false, open: async () => new StatsSink(rest === "values") };
  },
};
