// Generated from schemas/bridge-902.xml (id 902, version 3): change that, then run `npm run generate`.
import { enumInfo } from "../../runtime/info.ts";

/** Codes of BridgeFlow (uint8). How the source treats readers that do not keep up. */
export const BridgeFlow = { DROP: 1, WAIT: 2 } as const;
export type BridgeFlow = (typeof BridgeFlow)[keyof typeof BridgeFlow];

/** True for a code of BridgeFlow. */
export function isBridgeFlow(code: number): boolean {
  switch (code) {
    case 1:
    case 2:
      return true;
    default:
      return false;
  }
}

export const BRIDGE_FLOW_INFO = enumInfo("BridgeFlow", "uint8", BridgeFlow);

/** Codes of BridgeVerdict (uint8). Whether a frame was intact after it was copied. */
export const BridgeVerdict = { OK: 1, ABORTED: 2 } as const;
export type BridgeVerdict = (typeof BridgeVerdict)[keyof typeof BridgeVerdict];

/** True for a code of BridgeVerdict. */
export function isBridgeVerdict(code: number): boolean {
  switch (code) {
    case 1:
    case 2:
      return true;
    default:
      return false;
  }
}

export const BRIDGE_VERDICT_INFO = enumInfo("BridgeVerdict", "uint8", BridgeVerdict);
