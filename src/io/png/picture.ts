import { sameLayout } from "../layout.ts";
import type { Attribute, FrameLayout } from "../types.ts";
import { headerFromAttributes } from "../y4m/attributes.ts";
import type { PngOptions } from "./options.ts";

/** Where the samples of a picture are among a frame's elements: sample c of (x, y) at y * rowStep + x * columnStep + c * channelStep. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** 1: grey, 2: grey and alpha, 3: RGB, 4: RGBA. */
  readonly channels: number;
  readonly rowStep: number;
  readonly columnStep: number;
  readonly channelStep: number;
  /** True when only the first plane of several is written. */
  readonly isLumaOnly: boolean;
}

const MAX_CHANNELS = 4;
/** PNG's own limit; a dimension of the wire can be no larger. */
const MAX_SIDE = 0x7fff_ffff;

/**
 * How a frame is read as a picture. Two dimensions are [H, W]. Three are [H, W, C] when the last is 1 to 4, else [C, H, W] when
 * the first is 1, 3 or 4; `channels` "first" or "last" settles it where both fit (the last wins) or neither does. Frames with y4m
 * attributes are grey pictures of their luma plane. Returns what was expected when the frame is no picture.
 */
export function pictureOf(
  layout: FrameLayout,
  attributes: readonly Attribute[],
  channels: PngOptions["channels"],
): Picture | string {
  const header = attributes.length === 0 ? null : headerFromAttributes(attributes);
  if (header !== null && typeof header !== "string" && sameLayout(header.layout, layout)) {
    const isLumaOnly = header.colorspace.chromaPlanes > 0;
    return sized({ ...GREY, width: header.width, height: header.height, rowStep: header.width, isLumaOnly });
  }
  const { dims } = layout;
  const steps = stepsOf(layout);
  if (dims.length === 2) return sized(pictureFrom(dims, steps, 0, 1, -1));
  if (dims.length !== 3) return "expected two dimensions [H, W] or three, [H, W, C] or [C, H, W]";
  const isLast = channels === null ? hasChannels(dims[2], 1) : channels === "last";
  if (isLast && hasChannels(dims[2], 1)) return sized(pictureFrom(dims, steps, 0, 1, 2));
  // Two planes are more likely two pictures than grey and alpha: channels=first selects the latter.
  if (channels !== "last" && hasChannels(dims[0], channels === "first" ? 1 : 3, 1)) {
    return sized(pictureFrom(dims, steps, 1, 2, 0));
  }
  if (channels !== null) return `expected 1 to 4 channels in the ${channels} dimension (channels=${channels})`;
  return "expected [H, W, C] with 1 to 4 channels or [C, H, W] with 1, 3 or 4";
}

const GREY = { channels: 1, columnStep: 1, channelStep: 0 } as const;

function hasChannels(dim: number | undefined, minimum: number, other = minimum): boolean {
  return dim !== undefined && dim <= MAX_CHANNELS && (dim >= minimum || dim === other);
}

/** Elements from one index to the next, a dimension each. */
function stepsOf({ dims, majorOrder }: FrameLayout): number[] {
  const steps = new Array<number>(dims.length).fill(1);
  for (let k = 1; k < dims.length; k++) {
    const [i, before] = majorOrder === "row" ? [dims.length - 1 - k, dims.length - k] : [k, k - 1];
    steps[i] = (steps[before] as number) * (dims[before] as number);
  }
  return steps;
}

function pictureFrom(
  dims: readonly number[],
  steps: readonly number[],
  row: number,
  column: number,
  channel: number,
): Picture {
  return {
    width: dims[column] as number,
    height: dims[row] as number,
    channels: dims[channel] ?? 1,
    rowStep: steps[row] as number,
    columnStep: steps[column] as number,
    channelStep: steps[channel] ?? 0,
    isLumaOnly: false,
  };
}

function sized(picture: Picture): Picture | string {
  const { width, height } = picture;
  if (width >= 1 && height >= 1 && width <= MAX_SIDE && height <= MAX_SIDE) return picture;
  return "expected a picture of at least 1x1";
}
