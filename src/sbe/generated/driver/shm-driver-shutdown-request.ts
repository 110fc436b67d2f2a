// Generated from schemas/driver-901.xml (id 901, version 1): change that, then run `npm run generate`.
import { asciiAt } from "../../runtime/bytes.ts";
import { MessageDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { MessageEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type MessageInfo } from "../../runtime/info.ts";
import { type Refusal, refusal } from "../../runtime/refusal.ts";
import { NO_VIEW } from "../../runtime/scan.ts";
import { dataShape, messageShape } from "../../runtime/shapes.ts";
import { putInt64, putInt64Number } from "../../runtime/words.ts";
import { isShutdownReason, SHUTDOWN_REASON_INFO, type ShutdownReason } from "./enums.ts";

const MESSAGE = messageShape("ShmDriverShutdownRequest", 901, 8, 1, [9]);
const REASON_REFUSED = refusal("enum", "ShmDriverShutdownRequest", "reason", "a code of ShutdownReason");
const TOKEN = dataShape("ShmDriverShutdownRequest", "token", true);
const ERROR_MESSAGE = dataShape("ShmDriverShutdownRequest", "errorMessage", true);

/** Reads ShmDriverShutdownRequest in place. An administrator asks the driver to end. */
export class ShmDriverShutdownRequestDecoder extends MessageDecoder {
  static readonly NAME = "ShmDriverShutdownRequest";
  static readonly SCHEMA_ID = 901;
  static readonly TEMPLATE_ID = 8;
  static readonly BLOCK_LENGTH = 9;
  /** What `messageKeyAt` says for this message. */
  static readonly KEY = 59047944;

  /** Where the bytes of token begin in the view. */
  tokenOffset = 0;
  tokenLength = 0;
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

    const reasonCode = view.getUint8(block + 8);
    if (!isShutdownReason(reasonCode)) return scan.refuse(REASON_REFUSED, block + 8, reasonCode);
    refused = scan.data(TOKEN);
    if (refused !== null) return refused;
    this.tokenLength = scan.dataLength;
    this.tokenOffset = scan.position - scan.dataLength;
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

  get reason(): ShutdownReason {
    return this.view.getUint8(this.block + 8) as ShutdownReason;
  }

  /** The string. Allocates. */
  token(): string {
    return asciiAt(this.view, this.tokenOffset, this.tokenLength);
  }

  /** The string. Allocates. */
  errorMessage(): string {
    return asciiAt(this.view, this.errorMessageOffset, this.errorMessageLength);
  }
}

const HEADER = { name: "ShmDriverShutdownRequest", blockLength: 9, templateId: 8, schemaId: 901, version: 1 };

/** Writes ShmDriverShutdownRequest in place. */
export class ShmDriverShutdownRequestEncoder extends MessageEncoder {
  constructor() {
    super("ShmDriverShutdownRequest", ["token", "errorMessage"]);
  }

  override wrap(view: DataView, offset: number, limit: number): this {
    this.begin(view, offset, limit, HEADER);
    const block = this.block;

    view.setUint32(block, 0, true);
    view.setUint32(block + 4, 0, true);
    view.setUint8(block + 8, 0);
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
    putInt64Number(this.view, this.block, value, "ShmDriverShutdownRequest.correlationId");
    return this;
  }

  setCorrelationIdBigint(value: bigint): this {
    putInt64(this.view, this.block, value, "ShmDriverShutdownRequest.correlationId");
    return this;
  }

  setReason(value: number): this {
    if (!isShutdownReason(value))
      throw outOfRange("ShmDriverShutdownRequest.reason", "a code of ShutdownReason", value);
    this.view.setUint8(this.block + 8, value);
    return this;
  }

  putToken(text: string): this {
    this.putAscii(0, text);
    return this;
  }

  putErrorMessage(text: string): this {
    this.putAscii(1, text);
    return this;
  }
}

/** What tools need to know of ShmDriverShutdownRequest. */
export const SHM_DRIVER_SHUTDOWN_REQUEST_INFO: MessageInfo = {
  kind: "message",
  name: "ShmDriverShutdownRequest",
  schemaId: 901,
  templateId: 8,
  version: 1,
  blockLength: 9,
  fields: [
    fieldInfo("correlationId", 1, "int64", 0),
    fieldInfo("reason", 2, "uint8", 8, { codes: SHUTDOWN_REASON_INFO }),
  ],
  groups: [],
  data: [
    { name: "token", id: 3, ascii: true },
    { name: "errorMessage", id: 4, ascii: true },
  ],
  createDecoder: () => new ShmDriverShutdownRequestDecoder(),
  createEncoder: () => new ShmDriverShutdownRequestEncoder(),
};
