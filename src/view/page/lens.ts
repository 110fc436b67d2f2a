import type { ShapeMessage } from "../messages.ts";
import type { Link } from "./link.ts";
import type { Place } from "./picture-pane.ts";
import type { Picture } from "./values.ts";

const RADIUS = 8;
const PIXELS = 4096;
const WAIT_MS = 60;

/** A second, small view around the cursor of a reduced picture, so that the value under the pointer is the frame's own there as well. */
export class Lens {
  picture: Picture | null = null;
  /** The plane that it looks at, as text. */
  #plane = "";
  readonly #link: Link;
  readonly #onPicture: () => void;
  #unwatch: () => void = () => undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(link: Link, onPicture: () => void) {
    this.#link = link;
    this.#onPicture = onPicture;
  }

  /** Shows the area around a place if the picture itself is reduced. */
  look(place: Place | null, picture: Picture | null, shape: ShapeMessage | null, stream: number): void {
    if (place === null || picture === null || shape === null || picture.factor === 1) {
      this.close();
      return;
    }
    const plane = JSON.stringify([shape.dims, { ...shape.plane, region: null }]);
    if (plane !== this.#plane) {
      this.close();
      this.#plane = plane;
    }
    if (this.picture !== null && contains(this.picture, place)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.close();
      const [x, y] = [Math.max(0, place[0] - RADIUS), Math.max(0, place[1] - RADIUS)];
      const region = [x, y, RADIUS * 2 + 1, shape.plane.y === null ? 1 : RADIUS * 2 + 1] as const;
      const plane = { ...shape.plane, region };
      const request = { stream, plane, maxPixels: PIXELS, maxSide: PIXELS, reduction: "mean" as const };
      this.#unwatch = this.#link.watch(request, {
        onShape: () => undefined,
        onPicture: (seen, drawn) => {
          this.picture = seen;
          this.#onPicture();
          setTimeout(drawn, WAIT_MS);
        },
      });
    }, WAIT_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#unwatch();
    this.#unwatch = () => undefined;
    this.picture = null;
  }
}

export function contains({ x, y, width, height, factor }: Picture, place: Place): boolean {
  const [dx, dy] = [place[0] - x, place[1] - y];
  return dx >= 0 && dy >= 0 && dx < width * factor && dy < height * factor;
}
