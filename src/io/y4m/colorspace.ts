import type { Dtype } from "../../protocol/dtype.ts";
import { layoutOf, layoutProblem } from "../layout.ts";
import type { FrameLayout } from "../types.ts";

/** Planes of a colour space: luma, then planes that are `chromaX` by `chromaY` times smaller, then alpha. */
interface Planes {
  readonly chromaX: number;
  readonly chromaY: number;
  readonly chromaPlanes: 0 | 2;
  readonly alphaPlanes: 0 | 1;
}

export interface Colorspace extends Planes {
  /** The text after `C`, e.g. `420p10`. */
  readonly name: string;
  /** Significant bits of a sample; above 8 a sample takes 16, little-endian. */
  readonly depthBits: number;
}

const C420: Planes = { chromaX: 2, chromaY: 2, chromaPlanes: 2, alphaPlanes: 0 };

const FAMILIES: Readonly<Record<string, Planes>> = {
  "420": C420,
  // The three differ in the positions of the chroma samples, not in their number.
  "420jpeg": C420,
  "420mpeg2": C420,
  "420paldv": C420,
  "411": { chromaX: 4, chromaY: 1, chromaPlanes: 2, alphaPlanes: 0 },
  "422": { chromaX: 2, chromaY: 1, chromaPlanes: 2, alphaPlanes: 0 },
  "444": { chromaX: 1, chromaY: 1, chromaPlanes: 2, alphaPlanes: 0 },
  "444alpha": { chromaX: 1, chromaY: 1, chromaPlanes: 2, alphaPlanes: 1 },
  mono: { chromaX: 1, chromaY: 1, chromaPlanes: 0, alphaPlanes: 0 },
};

/** Depths above 8 bits by family, as supported by FFmpeg, which reads any other as 8 bits. */
const DEEP: ReadonlyMap<string, readonly number[]> = new Map([
  ["420", [9, 10, 12, 14, 16]],
  ["422", [9, 10, 12, 14, 16]],
  ["444", [9, 10, 12, 14, 16]],
  ["mono", [9, 10, 12, 16]],
]);

/** The names listed in messages. */
export const COLORSPACE_NAMES =
  `${Object.keys(FAMILIES).join(", ")}, and 420, 422, 444 (as 420p10) of 9, 10, 12, 14 and 16 bits, ` +
  "mono (as mono10) of 9, 10, 12 and 16 bits";

/** The colour space with this name; null if unknown. */
export function colorspaceOf(name: string): Colorspace | null {
  const planes = FAMILIES[name];
  if (planes !== undefined && Object.hasOwn(FAMILIES, name)) return { ...planes, name, depthBits: 8 };
  const [, family = "", bits = ""] = /^(420|422|444)p(\d+)$/.exec(name) ?? /^(mono)(\d+)$/.exec(name) ?? [];
  const depthBits = Number(bits);
  const deep = FAMILIES[family];
  if (deep === undefined || DEEP.get(family)?.includes(depthBits) !== true) return null;
  return { ...deep, name, depthBits };
}

/** Samples of one frame. Chroma planes of odd sizes are rounded up. */
export function sampleCount(colorspace: Colorspace, width: number, height: number): number {
  const chroma = Math.ceil(width / colorspace.chromaX) * Math.ceil(height / colorspace.chromaY);
  return width * height * (1 + colorspace.alphaPlanes) + chroma * colorspace.chromaPlanes;
}

/**
 * The array form of a frame. Planes that fill whole rows of the luma width are stacked below it: [H*3/2, W] for 420 (OpenCV's I420) and
 * 411, [H*2, W] for 422; [3, H, W] for 444, [4, H, W] with alpha, [H, W] for mono. Other sizes use [samples]. Null if the wire cannot
 * express it.
 */
export function frameLayout(colorspace: Colorspace, width: number, height: number): FrameLayout | null {
  const dtype: Dtype = colorspace.depthBits > 8 ? "uint16" : "uint8";
  const samples = sampleCount(colorspace, width, height);
  let dims: readonly number[];
  if (colorspace.chromaPlanes === 0) dims = [height, width];
  else if (colorspace.chromaX === 1) dims = [3 + colorspace.alphaPlanes, height, width];
  else if (width % colorspace.chromaX === 0 && height % colorspace.chromaY === 0 && samples % width === 0) {
    dims = [samples / width, width];
  } else dims = [samples];
  return layoutProblem(dtype, dims) === null ? layoutOf(dtype, dims) : null;
}
