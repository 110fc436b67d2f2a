import { isSideways, type Orientation, toPicture, toScreen, UPRIGHT } from "./orientation.ts";

const LARGEST_ZOOM = 128;
const FIT_MARGIN = 0.98;

/** Six numbers of an affine map from device pixels, from the top left, to pixels of the picture. */
export type Affine = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The view of a plane: its centre, and its zoom in CSS pixels per frame pixel. */
export class Camera {
  orientation: Orientation = UPRIGHT;
  x = 0;
  y = 0;
  zoom = 1;
  /** True while the whole plane is kept in view. */
  isFitting = true;

  /** Shows the whole plane. */
  fit(plane: Size, view: Size): void {
    const [width, height] = isSideways(this.orientation) ? [plane.height, plane.width] : [plane.width, plane.height];
    const zoom = Math.min(view.width / Math.max(1, width), view.height / Math.max(1, height));
    this.zoom = zoom > 1 && zoom < 64 ? Math.max(1, Math.floor(zoom * 4) / 4) : Math.min(zoom * FIT_MARGIN, 64);
    this.x = plane.width / 2;
    this.y = plane.height / 2;
    this.isFitting = true;
  }

  /** From a place in the view to one in the plane. */
  toPlane(x: number, y: number, view: Size): readonly [number, number] {
    const [dx, dy] = toPicture(this.orientation, x - view.width / 2, y - view.height / 2);
    return [this.x + dx / this.zoom, this.y + dy / this.zoom];
  }

  /** From a place in the plane to one in the view. */
  toView(x: number, y: number, view: Size): readonly [number, number] {
    const [dx, dy] = toScreen(this.orientation, (x - this.x) * this.zoom, (y - this.y) * this.zoom);
    return [view.width / 2 + dx, view.height / 2 + dy];
  }

  /** Changes the zoom around a fixed place of the view. */
  zoomAt(factor: number, x: number, y: number, view: Size): void {
    const [px, py] = this.toPlane(x, y, view);
    const least = Math.min(0.01, this.zoom);
    this.zoom = Math.min(LARGEST_ZOOM, Math.max(least, this.zoom * factor));
    const [dx, dy] = toPicture(this.orientation, x - view.width / 2, y - view.height / 2);
    this.x = px - dx / this.zoom;
    this.y = py - dy / this.zoom;
    this.isFitting = false;
  }

  /** Moves by a distance in the view. */
  pan(dx: number, dy: number): void {
    const [x, y] = toPicture(this.orientation, dx, dy);
    this.x -= x / this.zoom;
    this.y -= y / this.zoom;
    this.isFitting = false;
  }

  /** From device pixels to pixels of a picture that begins at `x`, `y` of the plane with a reduction of `factor`. */
  affine(
    view: Size,
    ratio: number,
    picture: { readonly x: number; readonly y: number; readonly factor: number },
  ): Affine {
    const at = (x: number, y: number): readonly [number, number] => {
      const [px, py] = this.toPlane(x / ratio, y / ratio, view);
      return [(px - picture.x) / picture.factor, (py - picture.y) / picture.factor];
    };
    const [e, f] = at(0, 0);
    const [ax, ay] = at(1, 0);
    const [bx, by] = at(0, 1);
    return [ax - e, ay - f, bx - e, by - f, e, f];
  }

  /** The visible part of a plane: x, y, width, height in whole pixels. */
  visible(plane: Size, view: Size): readonly [number, number, number, number] {
    const corners = [
      [0, 0],
      [view.width, 0],
      [0, view.height],
      [view.width, view.height],
    ].map(([x, y]) => this.toPlane(x as number, y as number, view));
    const xs = corners.map(([x]) => x);
    const ys = corners.map(([, y]) => y);
    const left = Math.max(0, Math.floor(Math.min(...xs)));
    const top = Math.max(0, Math.floor(Math.min(...ys)));
    const right = Math.min(plane.width, Math.ceil(Math.max(...xs)));
    const bottom = Math.min(plane.height, Math.ceil(Math.max(...ys)));
    return [left, top, Math.max(1, right - left), Math.max(1, bottom - top)];
  }
}
