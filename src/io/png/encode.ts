import { promisify } from "node:util";
import { deflate, type ZlibOptions } from "node:zlib";
import {
  isBytes,
  isChoice,
  isList,
  isNumber,
  isObject,
  optional,
  type Rule,
  type RulesOf,
  requireOptions,
  requireParts,
  rule,
} from "../../core/rules.ts";
import { DTYPE_NAMES, type Dtype, type MajorOrder } from "../../protocol/dtype.ts";
import { SinkError } from "../errors.ts";
import { describeLayout, layoutOf } from "../layout.ts";
import type { Attribute, FrameLayout } from "../types.ts";
import { pngFile } from "./file.ts";
import type { PngOptions, ValueRange } from "./options.ts";
import { type Picture, pictureOf } from "./picture.ts";
import { type Plan, scaleOf } from "./plan.ts";
import { PictureRows } from "./rows.ts";

const deflateAsync = promisify<Uint8Array, ZlibOptions, Uint8Array>(deflate);

/** Compresses a 1920x1080 RGB picture in about 15 ms on a pool thread; level 6 takes twice as long and saves a third. */
const LEVEL = 3;
const PACKED_CHUNK_BYTES = 256 * 1024;
const DEFAULTS: PngOptions = { scale: null, bits: null, channels: null };

/** The range without values. */
export const EMPTY_RANGE: ValueRange = { minimum: Number.POSITIVE_INFINITY, maximum: Number.NEGATIVE_INFINITY };

/** An array to show: an `OwnedFrame`, or an object like it. */
export interface PictureFrame {
  readonly bytes: Uint8Array;
  readonly dtype: Dtype;
  /** [H, W], [H, W, C] or [C, H, W]. */
  readonly dims: readonly number[];
  /** "row" if omitted. */
  readonly majorOrder?: MajorOrder;
  /** Bytes between adjacent elements, per dimension. Only contiguous frames can be encoded: omit it, or use 0. */
  readonly strides?: readonly number[];
  readonly attributes?: readonly Attribute[];
}

const PICTURE: RulesOf<PictureFrame> = {
  bytes: isBytes,
  dtype: isChoice(...DTYPE_NAMES),
  dims: isList("dims", isNumber),
  majorOrder: optional(isChoice("row", "column")),
  strides: optional(isList("strides", isNumber)),
  attributes: optional(rule("a list of attributes", Array.isArray)),
};

const isRange: Rule = isObject<ValueRange>({ minimum: isNumber, maximum: isNumber });
const isScale: Rule = rule('null, "auto", "none" or { minimum, maximum }', (value) =>
  [undefined, null, "auto", "none"].includes(value as null),
);
const OPTIONS: RulesOf<PngOptions> = {
  scale: (name, value) => (typeof value === "object" && value !== null ? isRange : isScale)(name, value),
  bits: rule("8, 16 or null", (value) => [undefined, null, 8, 16].includes(value as null)),
  channels: rule('"first", "last" or null', (value) => [undefined, null, "first", "last"].includes(value as null)),
};

/** How a frame becomes a picture. @throws SinkError "unsupported" */
export function planOf(
  layout: FrameLayout,
  attributes: readonly Attribute[],
  options: PngOptions,
): Plan & Pick<Picture, "isLumaOnly"> {
  const picture = pictureOf(layout, attributes, options.channels);
  if (typeof picture === "string") throw refusal(picture, layout);
  const scale = scaleOf(layout.dtype, options);
  if (typeof scale === "string") throw refusal(scale, layout);
  return { ...picture, ...scale, dtype: layout.dtype };
}

/** The file of a picture, whose filtered rows are compressed on a pool thread. */
export async function packPicture(plan: Plan, rows: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return pngFile(plan, await deflateAsync(rows, { level: LEVEL, chunkSize: PACKED_CHUNK_BYTES }));
}

/**
 * A frame as a PNG picture, e.g. for a web server: grey, RGB or RGBA, 8 or 16 bits, of any dtype. The values are converted in one
 * piece (some milliseconds for a picture of 1920x1080) and packed on another thread. Give it a frame that is yours, such as an
 * `OwnedFrame`. @throws SinkError "unsupported" for a frame that is no picture; OptionError; RangeError for dims that do not fit the bytes
 */
export async function encodePng(
  frame: PictureFrame,
  options: Partial<PngOptions> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  requireParts("frame", PICTURE, frame);
  requireOptions("encodePng", OPTIONS, options);
  const layout = layoutOf(frame.dtype, frame.dims, frame.majorOrder);
  if (frame.strides?.some((stride) => stride !== 0) === true) throw refusal("expected a contiguous frame", layout);
  if (frame.bytes.length !== layout.byteLength) {
    throw new RangeError(
      `expected ${layout.byteLength} bytes for ${describeLayout(layout)}, found ${frame.bytes.length}`,
    );
  }
  const plan = planOf(layout, frame.attributes ?? [], { ...DEFAULTS, ...options });
  // Elements are read in their own type, which needs aligned bytes.
  const bytes = frame.bytes.byteOffset % 8 === 0 ? frame.bytes : frame.bytes.slice();
  const rows = new PictureRows(plan, bytes);
  const { height, scale } = plan;
  const range = scale === "exact" ? null : scale === "auto" ? rows.rangeOf(0, height, EMPTY_RANGE) : scale;
  const unpacked = new Uint8Array(height * rows.rowBytes);
  rows.write(unpacked, 0, height, range);
  return await packPicture(plan, unpacked);
}

function refusal(expected: string, layout: FrameLayout): SinkError {
  const found = describeLayout(layout);
  return new SinkError("unsupported", `png: ${expected}, found ${found}`, { found });
}
