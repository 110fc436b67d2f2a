/** A rotation by quarter turns, perhaps mirrored: where the axes of a picture run on the screen. */
export interface Orientation {
  /** Screen x and y of a step along the picture's x. */
  readonly xx: number;
  readonly xy: number;
  /** Screen x and y of a step along the picture's y. */
  readonly yx: number;
  readonly yy: number;
}

export const UPRIGHT: Orientation = { xx: 1, xy: 0, yx: 0, yy: 1 };

/** A quarter turn clockwise on the screen. */
export function rotated({ xx, xy, yx, yy }: Orientation): Orientation {
  return { xx: -xy + 0, xy: xx, yx: -yy + 0, yy: yx };
}

/** Left and right exchanged on the screen. */
export function flippedAcross({ xx, xy, yx, yy }: Orientation): Orientation {
  return { xx: -xx + 0, xy, yx: -yx + 0, yy };
}

/** Top and bottom exchanged on the screen. */
export function flippedDown({ xx, xy, yx, yy }: Orientation): Orientation {
  return { xx, xy: -xy + 0, yx, yy: -yy + 0 };
}

/** Rows and columns exchanged. */
export function transposed({ xx, xy, yx, yy }: Orientation): Orientation {
  return { xx: yx, xy: yy, yx: xx, yy: xy };
}

/** From a distance in the picture to the one on the screen. */
export function toScreen({ xx, xy, yx, yy }: Orientation, x: number, y: number): readonly [number, number] {
  return [xx * x + yx * y, xy * x + yy * y];
}

/** From a distance on the screen to the one in the picture: the inverse is the transpose. */
export function toPicture({ xx, xy, yx, yy }: Orientation, x: number, y: number): readonly [number, number] {
  return [xx * x + xy * y, yx * x + yy * y];
}

/** True when the picture's x runs up or down on the screen. */
export function isSideways({ xx }: Orientation): boolean {
  return xx === 0;
}
