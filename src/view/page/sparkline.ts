import { colour, fitCanvas } from "./dom.ts";

/** Draws the last samples as a small line; with gaps where values are unknown. */
export function drawSparkline(canvas: HTMLCanvasElement, values: readonly (number | null)[], isWarning = false): void {
  fitCanvas(canvas);
  const context = canvas.getContext("2d");
  if (context === null) return;
  const { width, height } = canvas;
  context.clearRect(0, 0, width, height);
  const known = values.filter((value) => value !== null);
  // Without losses no line is drawn.
  if (known.length < 2 || (isWarning && known.every((value) => value === 0))) return;
  const top = Math.max(...known, 1e-9);
  const ratio = window.devicePixelRatio || 1;
  const step = width / Math.max(59, values.length - 1);
  const first = width - step * (values.length - 1);
  const yOf = (value: number): number => height - ratio - (value / top) * (height - 3 * ratio);
  context.lineWidth = 1.25 * ratio;
  context.strokeStyle = colour(isWarning ? "degraded" : "accent");
  context.beginPath();
  let isDown = false;
  for (const [i, value] of values.entries()) {
    if (value === null) {
      isDown = false;
      continue;
    }
    if (isDown) context.lineTo(first + i * step, yOf(value));
    else context.moveTo(first + i * step, yOf(value));
    isDown = true;
  }
  context.stroke();
}
