import type { Size } from "./camera.ts";
import type { Box } from "./statistics.ts";
import type { Picture } from "./values.ts";

/** Where the pixels of a picture are in its plane. */
export type Extent = Pick<Picture, "x" | "y" | "width" | "height" | "factor">;

/** What one value of a reduced picture stands for. */
function areaOf(factor: number, isLine: boolean): string {
  return isLine ? `${factor} values` : `${factor} × ${factor} pixels`;
}

/** What each value of a reduced picture is. */
export function reductionOf({ factor, isMaximum }: Pick<Picture, "factor" | "isMaximum">, isLine: boolean): string {
  return `${isMaximum ? "maximum" : "mean"} of ${areaOf(factor, isLine)}`;
}

/** The pixels of a picture that are in a region of the plane; all of them without a region. */
export function boxIn({ x, y, width, height, factor }: Extent, region: Box | null): Box {
  if (region === null) return { left: 0, top: 0, right: width, bottom: height };
  const { left, top, right, bottom } = region;
  const within = (value: number, most: number): number => Math.min(Math.max(0, value), most);
  return {
    left: within(Math.floor((left - x) / factor), width),
    top: within(Math.floor((top - y) / factor), height),
    right: within(Math.ceil((right - x) / factor), width),
    bottom: within(Math.ceil((bottom - y) / factor), height),
  };
}

/** What the statistics of a region, or without one of the whole plane, are of; empty when they are of every pixel of it. */
export function measureNote(
  picture: Extent & Pick<Picture, "isMaximum">,
  region: Box | null,
  plane: Size,
  isLine: boolean,
): string {
  const { factor, isMaximum } = picture;
  const notes = [
    isCut(picture, region, plane) ? "of the part in view" : "",
    factor === 1 ? "" : `of ${isMaximum ? "maxima" : "means"} over ${areaOf(factor, isLine)}`,
  ].filter((note) => note !== "");
  return notes.length === 0 ? "" : `${notes.join(", ")}; “Every pixel” for all`;
}

/** True if the region has pixels of the plane that the picture has not. */
function isCut({ x, y, width, height, factor }: Extent, region: Box | null, plane: Size): boolean {
  const { left, top, right, bottom } = region ?? { left: 0, top: 0, right: plane.width, bottom: plane.height };
  return (
    Math.max(0, left) < x ||
    Math.max(0, top) < y ||
    Math.min(right, plane.width) > x + width * factor ||
    Math.min(bottom, plane.height) > y + height * factor
  );
}
