import { valuesOf } from "../../protocol/values.ts";
import type { ValueRange } from "./options.ts";
import type { Plan } from "./plan.ts";

/** Filter 1 of PNG: each byte less the one a pixel before, which deflates better than the samples themselves. */
const FILTER_SUB = 1;

/** Reads a frame row by row and writes the rows of a picture, filtered as they go into the file. */
export class PictureRows {
  /** Bytes of a row in the file: the filter's number and the samples. */
  readonly rowBytes: number;
  readonly #plan: Plan;
  readonly #bytes: Uint8Array;
  readonly #elements: ArrayLike<number>;
  readonly #view: DataView;
  readonly #row: Float64Array;

  /** `bytes`: the frame's values, aligned to 8. */
  constructor(plan: Plan, bytes: Uint8Array) {
    this.#plan = plan;
    this.#bytes = bytes;
    const isWide = plan.dtype === "uint64" || plan.dtype === "int64";
    this.#elements = isWide ? bytes : (valuesOf(bytes, plan.dtype) as ArrayLike<number>);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#row = new Float64Array(plan.width * plan.channels);
    this.rowBytes = 1 + plan.width * plan.channels * (plan.bits / 8);
  }

  /** The range of `known` and of the finite values of these rows. */
  rangeOf(fromRow: number, toRow: number, known: ValueRange): ValueRange {
    let { minimum, maximum } = known;
    for (let y = fromRow; y < toRow; y++) {
      const row = this.#gather(y);
      for (let i = 0; i < row.length; i++) {
        const value = row[i] as number;
        if (value < minimum && value !== Number.NEGATIVE_INFINITY) minimum = value;
        if (value > maximum && value !== Number.POSITIVE_INFINITY) maximum = value;
      }
    }
    return { minimum, maximum };
  }

  /** Writes rows to where they belong in `target`, which has all rows. `range` null: elements are samples. */
  write(target: Uint8Array, fromRow: number, toRow: number, range: ValueRange | null): void {
    const pixelBytes = (this.rowBytes - 1) / this.#plan.width;
    for (let y = fromRow; y < toRow; y++) {
      const at = y * this.rowBytes;
      const to = at + this.rowBytes;
      target[at] = FILTER_SUB;
      this.#writeSamples(target, at + 1, y, range);
      for (let i = to - 1; i > at + pixelBytes; i--) {
        target[i] = (target[i] as number) - (target[i - pixelBytes] as number);
      }
    }
  }

  #writeSamples(target: Uint8Array, at: number, y: number, range: ValueRange | null): void {
    const { bits, channels, width, columnStep, channelStep, rowStep } = this.#plan;
    if (range === null && bits === 8 && columnStep === channels && (channels === 1 || channelStep === 1)) {
      target.set(this.#bytes.subarray(y * rowStep, y * rowStep + width * channels), at);
      return;
    }
    const row = this.#gather(y);
    if (range !== null) scaleRow(row, range, bits === 16 ? 65_535 : 255);
    if (bits === 8) {
      for (let i = 0; i < row.length; i++) target[at + i] = row[i] as number;
      return;
    }
    for (let i = 0; i < row.length; i++) {
      const sample = row[i] as number;
      target[at + 2 * i] = sample >>> 8;
      target[at + 2 * i + 1] = sample;
    }
  }

  /** The elements of row y, pixel by pixel; the same array each time. */
  #gather(y: number): Float64Array {
    const { dtype, channels, rowStep, columnStep, channelStep } = this.#plan;
    const row = this.#row;
    const elements = this.#elements;
    const first = y * rowStep;
    for (let c = 0; c < channels; c++) {
      let from = first + c * channelStep;
      if (dtype === "bit") {
        for (let i = c; i < row.length; i += channels, from += columnStep) {
          row[i] = ((elements[Math.floor(from / 8)] as number) >>> (from % 8)) & 1;
        }
      } else if (dtype === "uint64" || dtype === "int64") {
        // As doubles: a picture does not need their full precision.
        for (let i = c; i < row.length; i += channels, from += columnStep) {
          const high =
            dtype === "int64" ? this.#view.getInt32(from * 8 + 4, true) : this.#view.getUint32(from * 8 + 4, true);
          row[i] = high * 0x1_0000_0000 + this.#view.getUint32(from * 8, true);
        }
      } else {
        for (let i = c; i < row.length; i += channels, from += columnStep) row[i] = elements[from] as number;
      }
    }
    return row;
  }
}

/** Scales values to samples of 0 to `levels`, linearly and rounded: NaN as 0, values outside the range clamped. */
function scaleRow(row: Float64Array, { minimum, maximum }: ValueRange, levels: number): void {
  // A frame of one value throughout has no range: it is black. The halves keep the width of double's own range finite.
  const width = maximum / 2 - minimum / 2;
  for (let i = 0; i < row.length; i++) {
    const value = row[i] as number;
    if (value >= maximum && value > minimum) row[i] = levels;
    else if (value > minimum) row[i] = Math.round(((value / 2 - minimum / 2) / width) * levels);
    else row[i] = 0;
  }
}
