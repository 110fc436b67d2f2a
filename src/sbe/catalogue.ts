import { CONTROL_MESSAGES } from "./generated/control/index.ts";
import { DRIVER_MESSAGES } from "./generated/driver/index.ts";
import { messageKey } from "./header.ts";
import type { MessageInfo, StructureInfo } from "./runtime/info.ts";

/** Every message and structure of both schemas. */
export const MESSAGES: readonly (MessageInfo | StructureInfo)[] = [...CONTROL_MESSAGES, ...DRIVER_MESSAGES];

const BY_NAME = new Map(MESSAGES.map((info) => [info.name, info]));
const BY_KEY = new Map(
  MESSAGES.flatMap((info) =>
    info.kind === "message" ? [[messageKey(info.schemaId, info.templateId), info] as const] : [],
  ),
);

/** The message or structure of this name. */
export function messageByName(name: string): MessageInfo | StructureInfo | undefined {
  return BY_NAME.get(name);
}

/** The message with this key (`messageKey`, `messageKeyAt`); structures of shared memory have none. */
export function messageByKey(key: number): MessageInfo | undefined {
  return BY_KEY.get(key);
}
