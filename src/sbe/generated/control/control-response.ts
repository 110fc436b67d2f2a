// Generated from schemas/control-900.xml (id 900, version 1): change that, then run `npm run generate`.
import { asciiAt } from "../../runtime/bytes.ts";
import { MessageDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { MessageEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type MessageInfo } from "../../runtime/info.ts";
import { type Refusal, refusal } from "../../runtime/refusal.ts";
import { NO_VIEW } from "../../runtime/scan.ts";
import { dataShape, messageShape } from "../../runtime/shapes.ts";
import { putInt64, putInt64Number } from "../../runtime/words.ts";
import { isResponseCode, RESPONSE_CODE_INFO, type ResponseCode } from "./enums.ts";

const MESSAGE = messageShape("ControlResponse", 900, 9, 1, [12]);
const CODE_REFUSED = refusal("enum", "ControlResponse", "code", "a code of ResponseCode");
const ERROR_MESSAGE = dataShape("ControlResponse", "errorMessage", true);

/** Reads ControlResponse in place. The answer to a request. */
export class ControlResponseDecoder extends MessageDecoder {
  static readonly NAME = "ControlResponse";
  static readonly SCHEMA_ID = 900;
  static readonly TEMPLATE_ID = 9;
  static readonly BLOCK_LENGTH = 12;
  /** What `messageKeyAt` says for this message. */
  static readonly KEY = 58982409;

  /** Where the bytes of errorMessage begin in the view. */
  errorMessageOffset = 0;
  errorMessageLength = 0;

  override wrap(view: DataView, offset: number, length: number): Refusal | null {
    const refused = this.check(view, offset, length);
    this.view = refused === null ? view : NO_VIEW;

    return refused;
  }

  private check(view: DataView, offset: number, length: number): Refusal | null {
    const scan = this.scan;
    let refused = scan.header(view, offset, length, MESSAGE);
    if (refused !== null) return refused;
    const block = offset + 8;
    this.block = block;

    const codeCode = view.getInt32(block + 8, true);
    if (!isResponseCode(codeCode)) return scan.refuse(CODE_REFUSED, block + 8, codeCode);
    refused = scan.data(ERROR_MESSAGE);
    if (refused !== null) return refused;
    this.errorMessageLength = scan.dataLength;
    this.errorMessageOffset = scan.position - scan.dataLength;
    return scan.finish(MESSAGE);
  }

  /** Allocates. */
  get correlationId(): bigint {
    return this.view.getBigInt64(this.block, true);
  }

  /** The upper 32 bits, unsigned. */
  get correlationIdHigh(): number {
    return this.view.getUint32(this.block + 4, true);
  }

  /** The lower 32 bits, unsigned. */
  get correlationIdLow(): number {
    return this.view.getUint32(this.block, true);
  }

  /** Exact up to 2^53. */
  get correlationIdNumber(): number {
    return this.view.getInt32(this.block + 4, true) * 4294967296 + this.view.getUint32(this.block, true);
  }

  get code(): ResponseCode {
    return this.view.getInt32(this.block + 8, true) as ResponseCode;
  }

  /** The string. Allocates. */
  errorMessage(): string {
    return asciiAt(this.view, this.errorMessageOffset, this.errorMessageLength);
  }
}

const HEADER = { name: "ControlResponse", blockLength: 12, templateId: 9, schemaId: 900, version: 1 };

/** Writes ControlResponse in place. */
export class ControlResponseEncoder extends MessageEncoder {
  constructor() {
    super("ControlResponse", ["errorMessage"]);
  }

  override wrap(view: DataView, offset: number, limit: number): this {
    this.begin(view, offset, limit, HEADER);
    const block = this.block;

    view.setUint32(block, 0, true);
    view.setUint32(block + 4, 0, true);
    view.setInt32(block + 8, 0, true);
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setCorrelationId(high: number, low: number): this {
    this.view.setUint32(this.block, low, true);
    this.view.setUint32(this.block + 4, high, true);
    return this;
  }

  /** From a safe integer; throws EncodeError for anything else. */
  setCorrelationIdNumber(value: number): this {
    putInt64Number(this.view, this.block, value, "ControlResponse.correlationId");
    return this;
  }

  setCorrelationIdBigint(value: bigint): this {
    putInt64(this.view, this.block, value, "ControlResponse.correlationId");
    return this;
  }

  setCode(value: number): this {
    if (!isResponseCode(value)) throw outOfRange("ControlResponse.code", "a code of ResponseCode", value);
    this.view.setInt32(this.block + 8, value, true);
    return this;
  }

  putErrorMessage(text: string): this {
    this.putAscii(0, text);
    return this;
  }
}

/** What tools need to know of ControlResponse. */
export const CONTROL_RESPONSE_INFO: MessageInfo = {
  kind: "message",
  name: "ControlResponse",
  schemaId: 900,
  templateId: 9,
  version: 1,
  blockLength: 12,
  fields: [fieldInfo("correlationId", 1, "int64", 0), fieldInfo("code", 2, "int32", 8, { codes: RESPONSE_CODE_INFO })],
  groups: [],
  data: [{ name: "errorMessage", id: 3, ascii: true }],
  createDecoder: () => new ControlResponseDecoder(),
  createEncoder: () => new ControlResponseEncoder(),
};
