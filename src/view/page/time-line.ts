import type { RecordingInfo, RecordingStream } from "../messages.ts";
import { clearedCanvas, colour, h } from "./dom.ts";
import { formatPlace, printable } from "./format.ts";

const LANE = 30;
const SCALE = 20;
/** Ends of steps of the scale, in seconds. */
const STEPS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200,
];
const PIXELS_PER_LABEL = 90;

/** A recording over time: a lane for each stream with its frames and gaps, and the current position. */
export class TimeLine {
  readonly element: HTMLElement;
  readonly #recording: RecordingInfo;
  readonly #canvas = h("canvas", { "aria-hidden": "true" });
  readonly #slider: HTMLInputElement;
  readonly #mark = h("div", { class: "playhead", "aria-hidden": "true" });
  readonly #tracks: HTMLElement;
  readonly #observer: ResizeObserver;
  #spokenMs = Number.NEGATIVE_INFINITY;

  constructor(recording: RecordingInfo, labels: readonly HTMLElement[], onSeek: (timeNs: number) => void) {
    this.#recording = recording;
    const lengthMs = Math.max(1, recording.lengthNs / 1e6);
    this.#slider = h("input", {
      class: "time-slider",
      type: "range",
      min: 0,
      max: lengthMs,
      step: "any",
      value: 0,
      "aria-label": "time",
    });
    this.#slider.addEventListener("input", () => onSeek(Math.round(Number(this.#slider.value) * 1e6)));
    this.#tracks = h("div", { class: "tracks" }, this.#canvas, this.#mark, this.#slider);
    this.#tracks.style.height = `${recording.streams.length * LANE + SCALE}px`;
    this.element = h("div", { class: "time-line" }, h("div", { class: "lane-labels" }, ...labels), this.#tracks);
    this.#observer = new ResizeObserver(() => this.draw());
    this.#observer.observe(this.#tracks);
  }

  /** Shows a position. */
  setTime(timeNs: number, spoken: string): void {
    const { lengthNs } = this.#recording;
    this.#mark.style.left = `${lengthNs === 0 ? 0 : (timeNs / lengthNs) * 100}%`;
    this.#slider.value = String(timeNs / 1e6);
    // A screen reader cannot announce it sixty times a second.
    if (performance.now() - this.#spokenMs < 500) return;
    this.#spokenMs = performance.now();
    this.#slider.setAttribute("aria-valuetext", spoken);
  }

  close(): void {
    this.#observer.disconnect();
  }

  draw(): void {
    const drawing = clearedCanvas(this.#canvas);
    if (drawing === null) return;
    const { context, width, height } = drawing;
    for (const [i, stream] of this.#recording.streams.entries()) this.#drawLane(context, stream, i * LANE, width);
    this.#drawScale(context, width, height);
  }

  #drawLane(context: CanvasRenderingContext2D, stream: RecordingStream, top: number, width: number): void {
    const { density, lacks, gaps, epochs } = stream;
    const { lengthNs } = this.#recording;
    const xOf = (timeNs: number): number => (lengthNs === 0 ? 0 : (timeNs / lengthNs) * width);
    const [y, tall] = [top + 4, LANE - 8];
    context.fillStyle = colour("raised");
    context.fillRect(0, y, width, tall);
    const most = Math.max(1, ...density);
    const part = width / density.length;
    context.fillStyle = colour("lane");
    for (const [i, count] of density.entries()) {
      if (count === 0) continue;
      const bar = Math.max(3, (count / most) * tall);
      context.fillRect(i * part, y + tall - bar, Math.max(1, part + 0.3), bar);
    }
    // Only the longest gaps are listed individually.
    const lackPart = width / lacks.length;
    const ofAll = stream.furtherGaps === 0 ? [] : lacks;
    context.fillStyle = colour("degraded");
    for (const [i, count] of ofAll.entries()) if (count > 0) context.fillRect(i * lackPart, y, lackPart + 0.3, 4);
    for (const { fromNs, toNs } of gaps) drawGap(context, xOf(fromNs), xOf(toNs), y, tall);
    // A shape in addition to the colour, if there is room for one.
    const few = gaps.slice(0, Math.floor(width / 12));
    for (const { fromNs, toNs } of few) {
      const x = xOf((fromNs + toNs) / 2);
      context.beginPath();
      context.moveTo(x - 4, top);
      context.lineTo(x + 4, top);
      context.lineTo(x, top + 7);
      context.fill();
    }
    context.fillStyle = colour("text");
    for (const { atNs } of epochs.slice(1)) context.fillRect(Math.round(xOf(atNs)), top + 1, 1.5, LANE - 2);
  }

  #drawScale(context: CanvasRenderingContext2D, width: number, height: number): void {
    const { lengthNs } = this.#recording;
    if (lengthNs === 0) return;
    const seconds = lengthNs / 1e9;
    const step = STEPS.find((each) => (each / seconds) * width >= PIXELS_PER_LABEL) ?? seconds;
    context.font = "11px system-ui, sans-serif";
    context.fillStyle = colour("faint");
    context.textBaseline = "bottom";
    for (let i = 0; i * step <= seconds; i++) {
      const x = ((i * step) / seconds) * width;
      const text = formatPlace(i * step * 1e9, lengthNs).replace(step >= 1 ? /\.\d+$/ : /0{1,2}$/, "");
      const half = context.measureText(text).width / 2;
      context.fillRect(Math.round(x), height - SCALE + 2, 1, 4);
      context.fillText(text, Math.min(Math.max(0, x - half), width - half * 2), height);
    }
  }
}

/** A hatched part: distinguishable from frames without its colour. */
function drawGap(context: CanvasRenderingContext2D, left: number, right: number, top: number, tall: number): void {
  const width = Math.max(1.5, right - left);
  context.save();
  context.beginPath();
  context.rect(left, top, width, tall);
  context.clip();
  context.fillStyle = colour("raised");
  context.fillRect(left, top, width, tall);
  context.globalAlpha = 0.28;
  context.fillStyle = colour("degraded");
  context.fillRect(left, top, width, tall);
  context.globalAlpha = 1;
  context.strokeStyle = colour("degraded");
  context.lineWidth = 1.5;
  context.beginPath();
  for (let x = left - tall; x < right; x += 7) {
    context.moveTo(x, top + tall);
    context.lineTo(x + tall, top);
  }
  context.stroke();
  context.fillRect(left, top, 1.5, tall);
  context.fillRect(right - 1.5, top, 1.5, tall);
  context.restore();
}

/** The name of a recorded stream, with its id if it has one. */
export function streamLabel({ name, stream, hasId }: RecordingStream): string {
  return printable(name === "" ? `stream ${stream}` : hasId ? `${name} (${stream})` : name);
}
