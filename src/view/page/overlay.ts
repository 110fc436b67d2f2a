import type { Camera, Size } from "./camera.ts";
import { colour } from "./dom.ts";
import { formatNumber } from "./format.ts";
import type { Place } from "./picture-pane.ts";
import type { Box } from "./statistics.ts";
import type { Picture } from "./values.ts";

export interface Marks {
  cursor: Place | null;
  region: Box | null;
  profile: readonly [Place, Place] | null;
}

export interface Scene {
  readonly camera: Camera;
  readonly size: Size;
  readonly ratio: number;
  readonly picture: Picture | null;
  readonly plane: Size;
  readonly marks: Marks;
}

/** Bright with a halo in every theme, because it is drawn on pictures. */
const MARK = "#ffd34d";
const GRID_ZOOM = 10;
const VALUES_ZOOM = 44;

/** True if pixels are large enough to show their values in them. */
export function showsValues({ zoom }: Camera): boolean {
  return zoom >= VALUES_ZOOM;
}

/** Draws everything over the picture: a frame, the grid, values in large pixels, and measurements. */
export function drawOverlay(canvas: HTMLCanvasElement, scene: Scene): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const { size, ratio, plane, marks } = scene;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, size.width, size.height);
  if (plane.width === 0 || plane.height === 0) return;
  context.lineWidth = 1;
  context.strokeStyle = colour("line");
  strokeBox(context, scene, { left: 0, top: 0, right: plane.width, bottom: plane.height });
  if (scene.camera.zoom >= GRID_ZOOM) drawGrid(context, scene);
  if (showsValues(scene.camera)) drawValues(context, scene);
  if (marks.region !== null) {
    withHalo(context, () => strokeBox(context, scene, marks.region as Box));
  }
  if (marks.profile !== null) {
    const [from, to] = marks.profile;
    withHalo(context, () => {
      context.beginPath();
      context.moveTo(...toView(scene, from[0] + 0.5, from[1] + 0.5));
      context.lineTo(...toView(scene, to[0] + 0.5, to[1] + 0.5));
      context.stroke();
    });
  }
  if (marks.cursor !== null) drawCursor(context, scene, marks.cursor);
}

function toView({ camera, size }: Scene, x: number, y: number): [number, number] {
  const [vx, vy] = camera.toView(x, y, size);
  return [vx, vy];
}

function strokeBox(context: CanvasRenderingContext2D, scene: Scene, { left, top, right, bottom }: Box): void {
  const [x0, y0] = toView(scene, left, top);
  const [x1, y1] = toView(scene, right, bottom);
  context.strokeRect(Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0));
}

/** A dark line below a bright one is visible on every picture. */
function withHalo(context: CanvasRenderingContext2D, stroke: () => void): void {
  context.lineWidth = 3.5;
  context.strokeStyle = "rgba(0, 0, 0, 0.65)";
  stroke();
  context.lineWidth = 1.5;
  context.strokeStyle = MARK;
  stroke();
}

function drawCursor(context: CanvasRenderingContext2D, scene: Scene, [x, y]: Place): void {
  const { camera } = scene;
  if (camera.zoom >= 6) {
    withHalo(context, () => strokeBox(context, scene, { left: x, top: y, right: x + 1, bottom: y + 1 }));
    return;
  }
  const [vx, vy] = toView(scene, x + 0.5, y + 0.5);
  withHalo(context, () => {
    context.beginPath();
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ] as const) {
      context.moveTo(vx + dx * 4, vy + dy * 4);
      context.lineTo(vx + dx * 10, vy + dy * 10);
    }
    context.stroke();
  });
}

function drawGrid(context: CanvasRenderingContext2D, scene: Scene): void {
  const [left, top, width, height] = scene.camera.visible(scene.plane, scene.size);
  context.strokeStyle = "rgba(128, 128, 128, 0.35)";
  context.lineWidth = 1;
  context.beginPath();
  for (let x = left; x <= left + width; x++) {
    context.moveTo(...toView(scene, x, top));
    context.lineTo(...toView(scene, x, top + height));
  }
  for (let y = top; y <= top + height; y++) {
    context.moveTo(...toView(scene, left, y));
    context.lineTo(...toView(scene, left + width, y));
  }
  context.stroke();
}

function drawValues(context: CanvasRenderingContext2D, scene: Scene): void {
  const { picture } = scene;
  if (picture === null || picture.factor !== 1 || picture.channels !== 1) return;
  const [left, top, width, height] = scene.camera.visible(scene.plane, scene.size);
  context.font = "11px ui-monospace, monospace";
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let y = top; y < top + height; y++) {
    for (let x = left; x < left + width; x++) {
      const [px, py] = [x - picture.x, y - picture.y];
      if (px < 0 || py < 0 || px >= picture.width || py >= picture.height) continue;
      const text = formatNumber(Number(picture.values[py * picture.width + px]));
      const [vx, vy] = toView(scene, x + 0.5, y + 0.5);
      context.lineWidth = 3;
      context.strokeStyle = "rgba(0, 0, 0, 0.7)";
      context.strokeText(text, vx, vy);
      context.fillStyle = "#fff";
      context.fillText(text, vx, vy);
    }
  }
}
