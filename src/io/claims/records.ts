// The binary form of claims, see docs/PYTHON.md: little-endian records of whole 8-byte words, the length first.
import { DTYPE_NAMES, DTYPES } from "../../protocol/dtype.ts";
import { DESCR_OF_DTYPE } from "../../protocol/numpy-descr.ts";

/** Incremented when the meaning of a record changes; new kinds of records, and new fields at the end of one, leave it unchanged. */
export const CLAIMS_VERSION = 1;

/** Records sent by the peer. */
export const RequestKind = {
  /** From a reader. */
  CREDIT: 1,
  RELEASE: 2,
  CHECK: 3,
  MAPPED: 4,
  /** From a writer. */
  CLAIM: 5,
  COMMIT: 6,
  ABORT: 7,
} as const;

/** Records received by the peer. */
export const RecordKind = {
  HELLO: 16,
  REGION: 17,
  GONE: 18,
  STATE: 19,
  FRAME: 20,
  LOSS: 21,
  VERDICT: 22,
  SLOT: 23,
  REFUSED: 24,
  DROPPED: 25,
  ATTRIBUTE: 26,
} as const;

export const HELLO_BYTES = 24;
export const GONE_BYTES = 16;
export const STATE_BYTES = 16;
export const FRAME_BYTES = 192;
export const LOSS_BYTES = 40;
export const LOSS_NAME_BYTES = 24;
export const VERDICT_BYTES = 16;
export const SLOT_BYTES = 56;
export const REFUSED_BYTES = 24;
export const DROPPED_BYTES = 16;
/** Without the path. */
export const REGION_BYTES = 48;
/** Without key, format and value. */
export const ATTRIBUTE_BYTES = 28;
/** With them: half of the buffer that a peer must have. */
export const MAX_ATTRIBUTE_BYTES = 32 * 1024;

export const RegionKind = { HEADER_RING: 1, POOL: 2 } as const;
export const STATE_CODES = { waiting: 0, attached: 1, mapped: 2 } as const;
export const REFUSAL_CODES = { "no-pool": 1, "not-attached": 2, ended: 3 } as const;
/** In RELEASE. */
export const OVERWRITTEN = 1;
export const GIVES_CREDIT = 2;

/** The NumPy type string of each dtype, by its code, as two words. */
export const TYPESTR_WORDS: readonly (readonly [number, number])[] = (() => {
  const table: (readonly [number, number])[] = [];
  for (const name of DTYPE_NAMES) {
    const bytes = new Uint8Array(8);
    new TextEncoder().encodeInto(DESCR_OF_DTYPE[name], bytes);
    const [low = 0, high = 0] = new Int32Array(bytes.buffer);
    table[DTYPES[name].code] = [low, high];
  }
  return table;
})();
