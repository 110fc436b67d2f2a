import { DTYPES } from "../../../src/protocol/dtype.ts";
import { type FrameHeader, MAJOR_ORDER_CODES } from "../../../src/protocol/frame-header.ts";
import type { FrameShape } from "../../../src/protocol/frame-layout.ts";

/** Slots of the ring: few, so that writer and reader meet all the time. */
export const NSLOTS = 8;
export const POOL_ID = 1;
export const STREAM_ID = 10_000;
export const PAYLOAD_BYTES = [64, 4096, 65_536, 1_048_576] as const;

/** Strides of the smallest pool: a page. */
export function strideBytesFor(payloadBytes: number): number {
  return Math.max(4096, payloadBytes);
}

const DTYPE_NAMES = ["uint32", "int32", "float32"] as const;

/** A number that changes in all its bits from one frame to the next. */
function mixed(seq: number, salt: number): number {
  let bits = Math.imul(seq + salt, 0x9e37_79b1);
  bits = Math.imul(bits ^ (bits >>> 15), 0x85eb_ca6b);
  return (bits ^ (bits >>> 13)) | 0;
}

/** The payload: each word depends on the frame and on its place. */
export function fillPayload(words: Int32Array, seq: number): void {
  const base = mixed(seq, 1);
  for (let i = 0; i < words.length; i++) words[i] = (base + i) | 0;
}

/** True when every word is that of frame `seq`. */
export function isPayloadOf(words: Int32Array, seq: number): boolean {
  const base = mixed(seq, 1);
  for (let i = 0; i < words.length; i++) if (words[i] !== ((base + i) | 0)) return false;
  return true;
}

/** The header: timestamp, version, dtype and a stride that addresses nothing (its dimension is 1) all tell the frame. */
export function fillHeader(header: FrameHeader, seq: number, payloadBytes: number): void {
  const index = seq % NSLOTS;
  header.frameId = seq;
  header.timestampHigh = mixed(seq, 2) >>> 0;
  header.timestampLow = mixed(seq, 3) >>> 0;
  header.metaVersion = mixed(seq, 4) >>> 0;
  header.valuesLenBytes = payloadBytes;
  header.payloadSlot = index;
  header.payloadOffset = 0;
  header.poolId = POOL_ID;
  header.dtype = DTYPES[dtypeOf(seq)].code;
  header.majorOrder = MAJOR_ORDER_CODES.row;
  header.ndims = 2;
  header.dims[0] = 1;
  header.dims[1] = payloadBytes / 4;
  header.strides[0] = leadingStrideOf(seq, payloadBytes);
  header.strides[1] = 0;
}

/** True when every field that tells the frame is that of frame `seq`; `metaVersion` and timestamp only where the writer chose them. */
export function isHeaderOf(header: FrameHeader, seq: number, payloadBytes: number, isChosen: boolean): boolean {
  return (
    header.frameId === seq &&
    header.timestampHigh === mixed(seq, 2) >>> 0 &&
    header.timestampLow === mixed(seq, 3) >>> 0 &&
    (!isChosen || header.metaVersion === mixed(seq, 4) >>> 0) &&
    header.valuesLenBytes === payloadBytes &&
    header.payloadSlot === seq % NSLOTS &&
    header.poolId === POOL_ID &&
    header.dtype === DTYPES[dtypeOf(seq)].code &&
    header.ndims === 2 &&
    header.dims[0] === 1 &&
    header.dims[1] === payloadBytes / 4 &&
    header.strides[0] === leadingStrideOf(seq, payloadBytes) &&
    header.strides[1] === 0
  );
}

/** The same frame for `SlotClaim.commit`. */
export function shapeOf(seq: number, payloadBytes: number): FrameShape {
  const high = BigInt(mixed(seq, 2) >>> 0);
  return {
    dtype: dtypeOf(seq),
    dims: [1, payloadBytes / 4],
    strides: [leadingStrideOf(seq, payloadBytes), 0],
    timestampNs: (high << 32n) | BigInt(mixed(seq, 3) >>> 0),
  };
}

function dtypeOf(seq: number): (typeof DTYPE_NAMES)[number] {
  return DTYPE_NAMES[seq % DTYPE_NAMES.length] as (typeof DTYPE_NAMES)[number];
}

function leadingStrideOf(seq: number, payloadBytes: number): number {
  return payloadBytes + (mixed(seq, 5) & 0x3fff_ffff);
}

/** The slots' payloads as words; one view a slot, made once. */
export class SlotWords {
  readonly #bytes: (Uint8Array | undefined)[] = [];
  readonly #words: Int32Array[] = [];

  /** The words of a slot's bytes. */
  of(index: number, bytes: Uint8Array): Int32Array {
    if (this.#bytes[index] !== bytes) {
      this.#bytes[index] = bytes;
      this.#words[index] = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    }
    return this.#words[index] as Int32Array;
  }
}
