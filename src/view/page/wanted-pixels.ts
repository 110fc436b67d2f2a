import type { PlaneSpec } from "../messages.ts";
import type { Camera, Size } from "./camera.ts";

/** Planes of up to this many pixels are sent whole. */
export const USUAL_PIXELS = 1_100_000;

export interface WantedPixels {
  readonly region: PlaneSpec["region"];
  readonly maxPixels: number;
  readonly maxSide: number;
}

/**
 * The part of a plane to request: all of a usual one, so that measurements are exact; of a larger one the visible part, with no more pixels
 * than the screen has for it. Pages of similar size request the same part and share a conversion.
 */
export function wantedPixels(
  camera: Camera,
  plane: Size & { readonly channels: number },
  view: Size,
  ratio: number,
  maxSide: number,
): WantedPixels {
  const isUsual = plane.width * plane.height <= USUAL_PIXELS;
  if (isUsual || view.width * view.height === 0) return { region: null, maxPixels: USUAL_PIXELS, maxSide };
  if (camera.isFitting) camera.fit(plane, view);
  const region = camera.isFitting ? null : camera.visible(plane, view);
  const [width, height] = region === null ? [plane.width, plane.height] : [region[2], region[3]];
  const factor = Math.max(1, Math.floor(1 / (camera.zoom * ratio)));
  const side = Math.max(Math.ceil(width / factor) * plane.channels, Math.ceil(height / factor));
  return { region, maxPixels: USUAL_PIXELS, maxSide: Math.min(maxSide, side) };
}
