import { DTYPES, type Dtype, dtypeOfCode } from "../../protocol/dtype.ts";
import type { PngOptions, ValueRange } from "./options.ts";
import type { Picture } from "./picture.ts";

/** All that is needed to write one frame; it travels in front of the frame's values through the queue. */
export interface Plan extends Omit<Picture, "isLumaOnly"> {
  readonly dtype: Dtype;
  readonly bits: 8 | 16;
  /** "exact": elements are samples. "auto": the frame's own range. */
  readonly scale: "exact" | "auto" | ValueRange;
}

const FIELDS = 12;

/** Bytes of a plan: the values behind it stay aligned to 8. */
export const PLAN_BYTES = FIELDS * 8;

const SCALE_CODES = { exact: 0, auto: 1, range: 2 } as const;

/** Writes a plan into `fields`. */
export function encodePlan(plan: Plan, fields: Float64Array): void {
  const { scale } = plan;
  const range = typeof scale === "object" ? scale : { minimum: 0, maximum: 0 };
  fields.set([
    DTYPES[plan.dtype].code,
    plan.bits,
    SCALE_CODES[typeof scale === "object" ? "range" : scale],
    range.minimum,
    range.maximum,
    plan.width,
    plan.height,
    plan.channels,
    plan.rowStep,
    plan.columnStep,
    plan.channelStep,
    0,
  ]);
}

/** The plan in front of a frame. */
export function decodePlan(bytes: Uint8Array): Plan {
  const at = new Float64Array(bytes.buffer, bytes.byteOffset, FIELDS);
  const field = (index: number): number => at[index] as number;
  const code = field(2);
  return {
    dtype: dtypeOfCode(field(0)) as Dtype,
    bits: field(1) === 16 ? 16 : 8,
    scale:
      code === SCALE_CODES.exact
        ? "exact"
        : code === SCALE_CODES.auto
          ? "auto"
          : { minimum: field(3), maximum: field(4) },
    width: field(5),
    height: field(6),
    channels: field(7),
    rowStep: field(8),
    columnStep: field(9),
    channelStep: field(10),
  };
}

/** What the elements of a dtype are as samples; null for dtypes that a picture has only scaled. */
function nativeRange(dtype: Dtype): (ValueRange & { readonly bits: 8 | 16; readonly isSample: boolean }) | null {
  if (dtype === "uint8" || dtype === "bytes") return { minimum: 0, maximum: 255, bits: 8, isSample: true };
  if (dtype === "uint16") return { minimum: 0, maximum: 65_535, bits: 16, isSample: true };
  if (dtype === "bool" || dtype === "bit") return { minimum: 0, maximum: 1, bits: 8, isSample: false };
  return null;
}

/** How frames of a dtype become samples; what was expected when the options refuse them. */
export function scaleOf(dtype: Dtype, options: PngOptions): Pick<Plan, "scale" | "bits"> | string {
  const { scale } = options;
  const native = nativeRange(dtype);
  if (scale === "none" && native === null) {
    return "expected uint8, uint16, bool, bytes or bit, which need no scaling (scale=none)";
  }
  if (native === null || scale === "auto")
    return { scale: scale === null || scale === "none" ? "auto" : scale, bits: options.bits ?? 8 };
  if (typeof scale === "object" && scale !== null) return { scale, bits: options.bits ?? 8 };
  const bits = options.bits ?? native.bits;
  if (native.isSample && bits === native.bits) return { scale: "exact", bits };
  if (native.isSample && scale === "none") return `expected a dtype of ${bits} bits (scale=none,bits=${bits})`;
  return { scale: { minimum: native.minimum, maximum: native.maximum }, bits };
}
