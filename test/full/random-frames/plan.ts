import { DTYPE_NAMES, DTYPES, type Dtype, type MajorOrder } from "../../../src/protocol/dtype.ts";
import { type FrameShape, shapeByteLength } from "../../../src/protocol/frame-layout.ts";
import { Random } from "../fuzz/random.ts";

export const STREAM_ID = 10_000;
/** Of the pools; a frame goes to the smallest that holds it (W-05). Their ids are 1, 2, 3. */
export const STRIDES = [4096, 16_384, 65_536] as const;
export const NSLOTS = 512;

const MAX_BYTES = STRIDES[STRIDES.length - 1] as number;

/** What frame `seq` of a run is: both sides work it out, and nothing but the frame travels between them. */
export interface FramePlan {
  readonly shape: Required<Pick<FrameShape, "dims" | "majorOrder" | "timestampNs">> & FrameShape;
  readonly byteLength: number;
  /** The claim is given up: a gap. */
  readonly isAborted: boolean;
  /** The reader's handler has no use for it. */
  readonly isRefused: boolean;
  /** A frame larger than every pool is offered before this one. */
  readonly followsTooLarge: boolean;
  /** Claims that are made together, this one first, and committed from the last to the first. */
  readonly claimsAtOnce: number;
}

export function planOf(seed: number, seq: number): FramePlan {
  const random = new Random(seed ^ Math.imul(seq + 1, 0x9e37_79b1));
  const dtype = random.of(DTYPE_NAMES);
  const majorOrder = random.oneIn(3) ? "column" : "row";
  const dims = dimsOf(random, dtype);
  const plain: FramePlan["shape"] = {
    dtype,
    dims,
    majorOrder,
    timestampNs: (BigInt(random.bits()) << 32n) | BigInt(seq),
  };
  const strides = dtype === "bit" || random.oneIn(2) ? undefined : stridesOf(random, dtype, dims, majorOrder);
  const strided = strides === undefined ? plain : { ...plain, strides };
  const shape = shapeByteLength(strided) <= MAX_BYTES ? strided : plain;
  // Values may be longer than their shape needs.
  const more = random.oneIn(8) ? random.below(64) : 0;
  return {
    shape,
    byteLength: Math.min(shapeByteLength(shape) + more, MAX_BYTES),
    isAborted: random.oneIn(200),
    isRefused: random.oneIn(300),
    followsTooLarge: random.oneIn(500),
    claimsAtOnce: random.oneIn(16) ? 1 + random.below(6) : 1,
  };
}

/** The pool that the frame has to come from. */
export function poolIdOf(byteLength: number): number {
  return STRIDES.findIndex((strideBytes) => strideBytes >= byteLength) + 1;
}

function dimsOf(random: Random, dtype: Dtype): number[] {
  const ndims = random.below(9);
  if (ndims === 0) return [];
  // As many small frames as large ones, by orders of magnitude; the largest are few enough not to fill the time.
  const bytes = 2 ** (random.below(random.oneIn(8) ? 1700 : 1300) / 100);
  let left = Math.max(1, Math.floor((Math.min(bytes, MAX_BYTES) * 8) / DTYPES[dtype].bits));
  const dims: number[] = [];
  for (let i = 1; i < ndims; i++) {
    const dim = 1 + random.below(Math.min(left, 9));
    dims.push(dim);
    left = Math.floor(left / dim);
  }
  dims.splice(random.below(dims.length + 1), 0, left);
  if (random.oneIn(40)) dims[random.below(ndims)] = 0;
  return dims;
}

/** Bytes between elements with gaps of any width, from the dimension that varies fastest to the slowest. */
function stridesOf(random: Random, dtype: Dtype, dims: readonly number[], majorOrder: MajorOrder): number[] {
  const hasGaps = random.oneIn(2);
  const strides = new Array<number>(dims.length).fill(0);
  let span = DTYPES[dtype].bits / 8;
  for (let k = 0; k < dims.length; k++) {
    const i = majorOrder === "row" ? dims.length - 1 - k : k;
    const step = hasGaps ? span + random.below(9) : span;
    strides[i] = step;
    span = Math.max(span, ((dims[i] as number) - 1) * step + span);
    if (!hasGaps) span = step * Math.max(1, dims[i] as number);
  }
  return strides;
}

/** Fills a payload with what is frame `seq`'s alone. */
export function fillBytes(bytes: Uint8Array, seq: number): void {
  const base = Math.imul(seq + 1, 0x85eb_ca6b);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  for (let i = 0; i < words.length; i++) words[i] = (base + Math.imul(i, 0x0101_0103)) | 0;
  for (let i = words.length * 4; i < bytes.length; i++) bytes[i] = base + i;
}

/** True when every byte is frame `seq`'s. */
export function areBytesOf(bytes: Uint8Array, seq: number): boolean {
  const base = Math.imul(seq + 1, 0x85eb_ca6b);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  for (let i = 0; i < words.length; i++) if (words[i] !== ((base + Math.imul(i, 0x0101_0103)) | 0)) return false;
  for (let i = words.length * 4; i < bytes.length; i++) if (bytes[i] !== ((base + i) & 255)) return false;
  return true;
}
