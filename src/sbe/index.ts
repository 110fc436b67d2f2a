/** The messages of the wire (schemas 900 and 901) as flyweights, and their descriptions for tools. */

export { MESSAGES, messageByKey, messageByName } from "./catalogue.ts";
export * from "./generated/control/index.ts";
export {
  BOOL_INFO,
  Bool,
  isBool,
  isResponseCode,
  RESPONSE_CODE_INFO,
  ResponseCode,
} from "./generated/control/index.ts";
export * from "./generated/driver/index.ts";
export * from "./header.ts";
export { decodeJson } from "./json/decode.ts";
export { encodeEnvelope, encodeJson } from "./json/encode.ts";
export { DecodeError, JsonError, type JsonErrorCode } from "./json/errors.ts";
export type { JsonFields, JsonMessage, JsonValue } from "./json/form.ts";
export * from "./layout.ts";
export { toAscii } from "./runtime/bytes.ts";
export type { MessageDecoder, StructureDecoder } from "./runtime/decoders.ts";
export { EncodeError, type EncodeErrorCode } from "./runtime/encode-error.ts";
export type { MessageEncoder, StructureEncoder } from "./runtime/encoders.ts";
export type { EnumInfo, FieldInfo, MessageInfo, StructureInfo } from "./runtime/info.ts";
export {
  explainRefusal,
  REFUSAL_CODES,
  type Refusal,
  type RefusalCode,
  type RefusalDetails,
} from "./runtime/refusal.ts";
export { MESSAGE_HEADER_BYTES } from "./runtime/shapes.ts";
