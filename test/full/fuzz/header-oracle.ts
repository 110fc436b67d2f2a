import type { LossCause } from "../../../src/roles/counters.ts";

/** A slot of a header ring, as the reader finds it. */
export interface SlotContext {
  readonly index: number;
  readonly seq: number;
  /** Stride of each mapped pool by its id. */
  readonly strides: ReadonlyMap<number, number>;
}

const BITS_OF_DTYPE: Readonly<Record<number, bigint>> = {
  1: 8n,
  2: 8n,
  3: 16n,
  4: 16n,
  5: 32n,
  6: 32n,
  7: 64n,
  8: 64n,
  9: 32n,
  10: 64n,
  11: 8n,
  13: 8n,
  14: 1n,
};

/**
 * What the wire protocol says of a slot, worked out again from its 256 bytes, in exact numbers: the causes for which a reader
 * may drop the frame. None: it must be accepted.
 */
export function causesOf(slot: DataView, { index, seq, strides }: SlotContext): ReadonlySet<LossCause> {
  const word = slot.getBigUint64(0, true);
  if (word !== BigInt(seq) * 2n) {
    if (word % 2n === 0n) return new Set(["identity"]);
    // Beyond 2^53 no word is one of ours, whatever its last bit says.
    return word < 2n ** 53n ? new Set(["odd"]) : new Set(["identity", "odd"]);
  }
  if (slot.getBigUint64(8, true) !== BigInt(seq)) return new Set(["identity"]);
  const causes = new Set<LossCause>();
  const valuesLen = slot.getUint32(28, true);
  const strideBytes = strides.get(slot.getUint16(40, true));
  if (strideBytes === undefined) causes.add("headerPoolId");
  if (slot.getUint32(32, true) !== index) causes.add("headerPayloadSlot");
  const offset = slot.getUint32(36, true);
  if (offset !== 0) causes.add("headerPayloadOffset");
  if (strideBytes !== undefined && offset + valuesLen > strideBytes) causes.add("headerValuesLength");
  const bits = BITS_OF_DTYPE[slot.getInt16(42, true)];
  if (bits === undefined) causes.add("headerDtype");
  const order = slot.getInt16(44, true);
  if (order !== 1 && order !== 2) causes.add("headerMajorOrder");
  const ndims = slot.getUint8(46);
  if (ndims > 8) causes.add("headerNdims");
  else addShapeCauses(causes, shapeAt(slot, ndims), bits ?? 8n, order === 2, BigInt(valuesLen));
  return causes;
}

interface Shape {
  readonly dims: bigint[];
  readonly strides: bigint[];
}

export function shapeAt(slot: DataView, ndims: number): Shape {
  const read = (from: number): bigint[] =>
    Array.from({ length: ndims }, (_, i) => BigInt(slot.getInt32(from + i * 4, true)));
  return { dims: read(48), strides: read(80) };
}

function addShapeCauses(
  causes: Set<LossCause>,
  { dims, strides }: Shape,
  bits: bigint,
  isColumn: boolean,
  valuesLen: bigint,
): void {
  if (dims.some((dim) => dim < 0n)) causes.add("headerDims");
  if (strides.some((stride) => stride < 0n)) causes.add("headerStrides");
  if (bits === 1n && strides.some((stride) => stride > 0n)) causes.add("headerStrides");
  if (dims.some((dim) => dim <= 0n)) return;
  // From the dimension that varies fastest to the slowest.
  const order = dims.map((_, i) => (isColumn ? i : dims.length - 1 - i));
  let reach = bits;
  let contiguous = bits;
  for (const i of order) {
    const dim = dims[i] as bigint;
    const stride = strides[i] as bigint;
    const step = stride === 0n ? contiguous : stride * 8n;
    if (dim > 1n && step < reach) causes.add("headerStrides");
    reach += (dim - 1n) * step;
    contiguous = step * dim;
  }
  if ((reach + 7n) / 8n > valuesLen) causes.add("headerShape");
}

const MAX_ENUMERATED = 4096n;

/**
 * Looks at every element of an accepted frame: no two may share a bit, and none may lie beyond the values. Larger shapes are left
 * to the arithmetic above; "" when nothing is wrong.
 */
export function elementFault(slot: DataView): string {
  const ndims = slot.getUint8(46);
  const { dims, strides } = shapeAt(slot, ndims);
  const elements = dims.reduce((product, dim) => product * dim, 1n);
  if (elements > MAX_ENUMERATED || elements === 0n) return "";
  const bits = BITS_OF_DTYPE[slot.getInt16(42, true)] as bigint;
  const isColumn = slot.getInt16(44, true) === 2;
  const steps = new Array<bigint>(ndims).fill(0n);
  let contiguous = bits;
  for (let k = 0; k < ndims; k++) {
    const i = isColumn ? k : ndims - 1 - k;
    steps[i] = strides[i] === 0n ? contiguous : (strides[i] as bigint) * 8n;
    contiguous = (steps[i] as bigint) * (dims[i] as bigint);
  }
  const starts = new Set<bigint>();
  const total = BigInt(slot.getUint32(28, true)) * 8n;
  for (let n = 0n; n < elements; n++) {
    let rest = n;
    let at = 0n;
    for (let i = 0; i < ndims; i++) {
      at += (rest % (dims[i] as bigint)) * (steps[i] as bigint);
      rest /= dims[i] as bigint;
    }
    if (at + bits > total) return `element ${n} ends at bit ${at + bits} of ${total}`;
    starts.add(at);
  }
  const sorted = [...starts].sort((a, b) => (a < b ? -1 : 1));
  if (starts.size !== Number(elements)) return `${elements} elements begin at ${starts.size} places`;
  const overlaps = sorted.some((at, i) => i > 0 && at - (sorted[i - 1] as bigint) < bits);
  return overlaps ? "elements overlap" : "";
}
