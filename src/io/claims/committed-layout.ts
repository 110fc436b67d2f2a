import { type Dtype, dtypeOfCode, MAX_DIMS, type MajorOrder } from "../../protocol/dtype.ts";
import { MAJOR_ORDER_CODES } from "../../protocol/frame-header.ts";
import type { FrameLayout, FrameShape } from "../../protocol/frame-layout.ts";
import { SourceError } from "../errors.ts";

const TIMESTAMP = 4;
const LAYOUT = 3;
const DIMS = 6;
const STRIDES = 14;
const SHAPE_WORDS = 2 * MAX_DIMS;

/** The frame's layout from a COMMIT record; one object for all, whose lists stay the same while the shape does. */
export class CommittedLayout implements FrameLayout, FrameShape {
  dtype: Dtype = "uint8";
  dims: readonly number[] = [0];
  majorOrder: MajorOrder = "row";
  strides: readonly number[] | undefined = undefined;
  timestampNs: bigint | undefined = undefined;
  byteLength = 0;
  #layoutWord = -1;
  readonly #shape = new Int32Array(SHAPE_WORDS);

  /** A frame of this many bytes is requested. @throws SourceError beyond 2^53 */
  claim(low: number, high: number): void {
    if (high < 0 || high > 0x1f_ffff) throw malformed(`a length below 2^53, found ${high} times 2^32`);
    this.byteLength = high * 0x1_0000_0000 + low;
  }

  /** @throws SourceError for an unknown dtype, order or number of dims */
  read(words: Int32Array, at: number): void {
    const [low, high] = [words[at + TIMESTAMP] as number, words[at + TIMESTAMP + 1] as number];
    this.timestampNs = low === 0 && high === 0 ? undefined : (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
    if (this.#isSame(words, at)) return;
    const layoutWord = words[at + LAYOUT] as number;
    const dtype = dtypeOfCode((layoutWord << 16) >> 16);
    const order = (layoutWord >> 16) & 0xff;
    const ndims = layoutWord >>> 24;
    if (dtype === undefined) throw malformed(`a dtype of the wire protocol, found code ${(layoutWord << 16) >> 16}`);
    if (order !== MAJOR_ORDER_CODES.row && order !== MAJOR_ORDER_CODES.column) {
      throw malformed(`major order 1 (row) or 2 (column), found ${order}`);
    }
    if (ndims > MAX_DIMS) throw malformed(`at most ${MAX_DIMS} dims, found ${ndims}`);
    const list = (from: number): number[] => Array.from(words.subarray(at + from, at + from + ndims));
    const strides = list(STRIDES);
    this.dtype = dtype;
    this.majorOrder = order === MAJOR_ORDER_CODES.row ? "row" : "column";
    this.dims = list(DIMS);
    this.strides = strides.some((stride) => stride !== 0) ? strides : undefined;
    this.#layoutWord = layoutWord;
    this.#shape.set(words.subarray(at + DIMS, at + DIMS + SHAPE_WORDS));
  }

  #isSame(words: Int32Array, at: number): boolean {
    if (words[at + LAYOUT] !== this.#layoutWord) return false;
    for (let i = 0; i < SHAPE_WORDS; i++) if (words[at + DIMS + i] !== this.#shape[i]) return false;
    return true;
  }
}

function malformed(expected: string): SourceError {
  return new SourceError("malformed", `stdin: COMMIT: expected ${expected}`);
}
