// Generated from schemas/bridge-902.xml (id 902, version 3): change that, then run `npm run generate`.
import type { MessageInfo, StructureInfo } from "../../runtime/info.ts";
import { BRIDGE_END_INFO } from "./bridge-end.ts";
import { BRIDGE_FRAME_INFO } from "./bridge-frame.ts";
import { BRIDGE_LEDGER_INFO } from "./bridge-ledger.ts";
import { BRIDGE_OPEN_INFO } from "./bridge-open.ts";
import { BRIDGE_PART_INFO } from "./bridge-part.ts";
import { BRIDGE_REPORT_INFO } from "./bridge-report.ts";
import { BRIDGE_WHOLE_INFO } from "./bridge-whole.ts";

export * from "./bridge-end.ts";
export * from "./bridge-frame.ts";
export * from "./bridge-ledger.ts";
export * from "./bridge-open.ts";
export * from "./bridge-part.ts";
export * from "./bridge-report.ts";
export * from "./bridge-whole.ts";
export * from "./enums.ts";

/** All messages and structures of schema 902. */
export const BRIDGE_MESSAGES: readonly (MessageInfo | StructureInfo)[] = [
  BRIDGE_OPEN_INFO,
  BRIDGE_FRAME_INFO,
  BRIDGE_PART_INFO,
  BRIDGE_END_INFO,
  BRIDGE_WHOLE_INFO,
  BRIDGE_LEDGER_INFO,
  BRIDGE_REPORT_INFO,
];
