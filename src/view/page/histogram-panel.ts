import { clearedCanvas, colour, h, setText } from "./dom.ts";
import { formatNumber } from "./format.ts";
import { type Histogram, histogramOf } from "./statistics.ts";
import type { Numbers } from "./values.ts";

const BINS = 256;
const GRIP_PIXELS = 10;

/** The histogram of a picture, with a handle for each end of the range. */
export class HistogramPanel {
  readonly element: HTMLElement;
  readonly #canvas = h("canvas", {
    class: "histogram",
    tabindex: "0",
    role: "slider",
    "aria-label": "range of values: arrow keys move the upper end, with shift the lower end",
    "aria-valuenow": "0",
    "aria-valuetext": "no picture yet",
  });
  readonly #ends = [h("span"), h("span"), h("span")] as const;
  readonly #note = h("p", { class: "note", hidden: true });
  readonly #observer = new ResizeObserver(() => this.redraw());
  readonly #onRange: (low: number, high: number) => void;
  #histogram: Histogram | null = null;
  #low = 0;
  #high = 1;
  #from = 0;
  #to = 1;
  #isScheduled = false;

  constructor(onRange: (low: number, high: number) => void) {
    this.#onRange = onRange;
    this.element = h(
      "div",
      { class: "histogram-panel" },
      this.#canvas,
      h("div", { class: "ends" }, ...this.#ends),
      this.#note,
    );
    this.#observer.observe(this.#canvas);
    let dragged: "low" | "high" | null = null;
    this.#canvas.addEventListener("pointerdown", (event) => {
      this.#canvas.setPointerCapture(event.pointerId);
      const [low, high] = [this.#xOf(this.#low), this.#xOf(this.#high)];
      const isLow = Math.abs(event.offsetX - low) < Math.abs(event.offsetX - high);
      dragged = low === high ? (event.offsetX < low ? "low" : "high") : isLow ? "low" : "high";
      if (Math.abs(event.offsetX - (dragged === "low" ? low : high)) > GRIP_PIXELS) this.#drag(dragged, event.offsetX);
    });
    this.#canvas.addEventListener("pointermove", (event) => {
      if (dragged !== null) this.#drag(dragged, event.offsetX);
    });
    this.#canvas.addEventListener("pointerup", () => {
      dragged = null;
      this.#rescale();
      this.redraw();
    });
    this.#canvas.addEventListener("keydown", (event) => {
      const direction = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
      if (direction === 0) return;
      event.preventDefault();
      const step = ((this.#to - this.#from) / 100) * direction;
      if (event.shiftKey) this.#onRange(Math.min(this.#low + step, this.#high), this.#high);
      else this.#onRange(this.#low, Math.max(this.#high + step, this.#low));
    });
  }

  close(): void {
    this.#observer.disconnect();
  }

  /** Takes the values of another picture. */
  update(values: Numbers): void {
    this.#histogram = histogramOf(values, BINS);
    const { step } = this.#histogram ?? { step: 1 };
    this.#note.hidden = step === 1;
    setText(this.#note, step === 1 ? "" : `of one value in ${step}`);
    this.#rescale();
    this.redraw();
  }

  setRange(low: number, high: number): void {
    if (low === this.#low && high === this.#high) return;
    this.#low = low;
    this.#high = high;
    const text = `${formatNumber(low)} to ${formatNumber(high)}`;
    this.#canvas.setAttribute("aria-valuenow", String(high));
    this.#canvas.setAttribute("aria-valuetext", text);
    this.redraw();
  }

  redraw(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      this.#draw();
    });
  }

  #draw(): void {
    const drawing = clearedCanvas(this.#canvas);
    if (drawing === null) return;
    const { context, width, height } = drawing;
    const histogram = this.#histogram;
    const range = `${formatNumber(this.#low)} … ${formatNumber(this.#high)}`;
    const ends = [formatNumber(this.#from), range, formatNumber(this.#to)];
    for (const [i, span] of this.#ends.entries()) setText(span, ends[i] ?? "");
    if (histogram === null) return;
    context.fillStyle = colour("histogram");
    const tallest = Math.log1p(Math.max(...histogram.counts));
    // One shape: with separate bars the background would show between them.
    context.beginPath();
    context.moveTo(this.#placeOf(histogram.from) * width, height);
    for (const [bin, count] of histogram.counts.entries()) {
      const left = this.#placeOf(histogram.from + bin * histogram.binWidth) * width;
      const right = this.#placeOf(histogram.from + (bin + 1) * histogram.binWidth) * width;
      const top = height - (Math.log1p(count) / tallest) * (height - 4);
      context.lineTo(left, top);
      context.lineTo(Math.max(left + 1, right), top);
      context.lineTo(Math.max(left + 1, right), height);
    }
    context.fill();
    const [low, high] = [this.#placeOf(this.#low) * width, this.#placeOf(this.#high) * width];
    context.fillStyle = colour("shade");
    context.fillRect(0, 0, low, height);
    context.fillRect(high, 0, width - high, height);
    context.fillStyle = colour("mark");
    for (const x of [low, high]) {
      context.fillRect(x - 1, 0, 2, height);
      context.fillRect(x - 4, 0, 8, 8);
      context.fillRect(x - 4, height - 8, 8, 8);
    }
  }

  #drag(end: "low" | "high", x: number): void {
    const value = this.#from + (x / Math.max(1, this.#canvas.clientWidth)) * (this.#to - this.#from);
    if (end === "low") this.#onRange(Math.min(value, this.#high), this.#high);
    else this.#onRange(this.#low, Math.max(value, this.#low));
  }

  /** Shows all values and both ends of the range. */
  #rescale(): void {
    const { minimum, maximum } = this.#histogram ?? { minimum: 0, maximum: 1 };
    const span = Math.max(maximum, this.#high) - Math.min(minimum, this.#low) || 1;
    this.#from = Math.min(minimum, this.#low) - span * 0.02;
    this.#to = Math.max(maximum, this.#high) + span * 0.02;
  }

  #xOf(value: number): number {
    return this.#placeOf(value) * this.#canvas.clientWidth;
  }

  #placeOf(value: number): number {
    return Math.min(1, Math.max(0, (value - this.#from) / (this.#to - this.#from)));
  }
}
