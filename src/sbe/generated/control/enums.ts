// Generated from schemas/control-900.xml (id 900, version 1): change that, then run `npm run generate`.
import { enumInfo } from "../../runtime/info.ts";

/** Codes of Bool (uint8). */
export const Bool = { FALSE: 0, TRUE: 1 } as const;
export type Bool = (typeof Bool)[keyof typeof Bool];

/** True for a code of Bool. */
export function isBool(code: number): boolean {
  switch (code) {
    case 0:
    case 1:
      return true;
    default:
      return false;
  }
}

export const BOOL_INFO = enumInfo("Bool", "uint8", Bool);

/** Codes of Mode (uint8). Which frames a consumer takes. */
export const Mode = { STREAM: 1, LATEST: 2, DECIMATED: 3 } as const;
export type Mode = (typeof Mode)[keyof typeof Mode];

/** True for a code of Mode. */
export function isMode(code: number): boolean {
  switch (code) {
    case 1:
    case 2:
    case 3:
      return true;
    default:
      return false;
  }
}

export const MODE_INFO = enumInfo("Mode", "uint8", Mode);

/** Codes of FrameProgressState (uint8). */
export const FrameProgressState = { UNKNOWN: 0, STARTED: 1, PROGRESS: 2, COMPLETE: 3 } as const;
export type FrameProgressState = (typeof FrameProgressState)[keyof typeof FrameProgressState];

/** True for a code of FrameProgressState. */
export function isFrameProgressState(code: number): boolean {
  switch (code) {
    case 0:
    case 1:
    case 2:
    case 3:
      return true;
    default:
      return false;
  }
}

export const FRAME_PROGRESS_STATE_INFO = enumInfo("FrameProgressState", "uint8", FrameProgressState);

/** Codes of ResponseCode (int32). */
export const ResponseCode = { OK: 0, UNSUPPORTED: 1, INVALID_PARAMS: 2, REJECTED: 3, INTERNAL_ERROR: 4 } as const;
export type ResponseCode = (typeof ResponseCode)[keyof typeof ResponseCode];

/** True for a code of ResponseCode. */
export function isResponseCode(code: number): boolean {
  switch (code) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
      return true;
    default:
      return false;
  }
}

export const RESPONSE_CODE_INFO = enumInfo("ResponseCode", "int32", ResponseCode);

/** Codes of RegionType (int16). */
export const RegionType = { HEADER_RING: 1, PAYLOAD_POOL: 2 } as const;
export type RegionType = (typeof RegionType)[keyof typeof RegionType];

/** True for a code of RegionType. */
export function isRegionType(code: number): boolean {
  switch (code) {
    case 1:
    case 2:
      return true;
    default:
      return false;
  }
}

export const REGION_TYPE_INFO = enumInfo("RegionType", "int16", RegionType);

/** Codes of Dtype (int16). Type of a frame's elements. */
export const Dtype = {
  UNKNOWN: 0,
  UINT8: 1,
  INT8: 2,
  UINT16: 3,
  INT16: 4,
  UINT32: 5,
  INT32: 6,
  UINT64: 7,
  INT64: 8,
  FLOAT32: 9,
  FLOAT64: 10,
  BOOLEAN: 11,
  BYTES: 13,
  BIT: 14,
} as const;
export type Dtype = (typeof Dtype)[keyof typeof Dtype];

/** True for a code of Dtype. */
export function isDtype(code: number): boolean {
  switch (code) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
    case 9:
    case 10:
    case 11:
    case 13:
    case 14:
      return true;
    default:
      return false;
  }
}

export const DTYPE_INFO = enumInfo("Dtype", "int16", Dtype);

/** Codes of MajorOrder (int16). Which dimension varies slowest. */
export const MajorOrder = { UNKNOWN: 0, ROW: 1, COLUMN: 2 } as const;
export type MajorOrder = (typeof MajorOrder)[keyof typeof MajorOrder];

/** True for a code of MajorOrder. */
export function isMajorOrder(code: number): boolean {
  switch (code) {
    case 0:
    case 1:
    case 2:
      return true;
    default:
      return false;
  }
}

export const MAJOR_ORDER_INFO = enumInfo("MajorOrder", "int16", MajorOrder);
