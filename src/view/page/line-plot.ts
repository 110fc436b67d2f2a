import { clearedCanvas, colour } from "./dom.ts";
import { formatNumber } from "./format.ts";
import type { Numbers } from "./values.ts";

const MARGIN = { left: 52, right: 8, top: 8, bottom: 20 };

/**
 * Draws values over their index as a line; where there are more than pixels, from the least to the greatest of each column.
 * `indexStep`: from one value to the next, more than 1 where the values are reduced.
 */
export function drawLine(
  canvas: HTMLCanvasElement,
  values: Numbers,
  cursor: number | null,
  firstIndex = 0,
  indexStep = 1,
): void {
  const drawing = clearedCanvas(canvas);
  if (drawing === null) return;
  const { context, width, height } = drawing;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return;
  const pad = (high - low || Math.abs(high) || 1) * 0.05;
  const [from, to] = [low - pad, high + pad];
  const [plotWidth, plotHeight] = [width - MARGIN.left - MARGIN.right, height - MARGIN.top - MARGIN.bottom];
  const xOf = (i: number): number => MARGIN.left + (i / Math.max(1, values.length - 1)) * plotWidth;
  const yOf = (value: number): number => MARGIN.top + (1 - (value - from) / (to - from)) * plotHeight;
  context.font = "11px system-ui, sans-serif";
  context.fillStyle = colour("faint");
  context.strokeStyle = colour("line");
  context.lineWidth = 1;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (let tick = 0; tick <= 4; tick++) {
    const value = from + ((to - from) * tick) / 4;
    context.beginPath();
    context.moveTo(MARGIN.left, Math.round(yOf(value)) + 0.5);
    context.lineTo(width - MARGIN.right, Math.round(yOf(value)) + 0.5);
    context.stroke();
    context.fillText(formatNumber(value), MARGIN.left - 6, yOf(value));
  }
  context.textBaseline = "alphabetic";
  context.textAlign = "left";
  context.fillText(String(firstIndex), MARGIN.left, height - 5);
  context.textAlign = "right";
  context.fillText(String(firstIndex + (values.length - 1) * indexStep), width - MARGIN.right, height - 5);
  context.strokeStyle = colour("accent");
  context.lineWidth = 1.25;
  context.beginPath();
  const perColumn = Math.max(1, Math.floor(values.length / Math.max(1, plotWidth)));
  let isDown = false;
  for (let i = 0; i < values.length; i += perColumn) {
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let k = i; k < Math.min(i + perColumn, values.length); k++) {
      const value = values[k] as number;
      if (!Number.isFinite(value)) continue;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    if (least > most) {
      isDown = false;
      continue;
    }
    if (isDown) context.lineTo(xOf(i), yOf(least));
    else context.moveTo(xOf(i), yOf(least));
    if (most !== least) context.lineTo(xOf(i), yOf(most));
    isDown = true;
  }
  context.stroke();
  if (cursor === null) return;
  context.fillStyle = colour("mark");
  context.fillRect(xOf(cursor) - 0.5, MARGIN.top, 1, plotHeight);
}

/** The index under a place of the plot. */
export function lineIndexAt(canvas: HTMLCanvasElement, x: number, length: number): number | null {
  const place = (x - MARGIN.left) / (canvas.clientWidth - MARGIN.left - MARGIN.right);
  return place < 0 || place > 1 || length === 0 ? null : Math.round(place * (length - 1));
}
