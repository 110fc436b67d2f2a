// Generated from schemas/driver-901.xml (id 901, version 1): change that, then run `npm run generate`.
import { asciiAt } from "../../runtime/bytes.ts";
import { MessageDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { MessageEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type MessageInfo } from "../../runtime/info.ts";
import { type Refusal, refusal } from "../../runtime/refusal.ts";
import { NO_VIEW } from "../../runtime/scan.ts";
import { dataShape, messageShape } from "../../runtime/shapes.ts";
import { putUint64, putUint64Number } from "../../runtime/words.ts";
import { isShutdownReason, SHUTDOWN_REASON_INFO, type ShutdownReason } from "./enums.ts";

const MESSAGE = messageShape("ShmDriverShutdown", 901, 6, 1, [9]);
const REASON_REFUSED = refusal("enum", "ShmDriverShutdown", "reason", "a code of ShutdownReason");
const ERROR_MESSAGE = dataShape("ShmDriverShutdown", "errorMessage", true);

/** Reads ShmDriverShutdown in place. The driver ends, and every lease with it. */
export class ShmDriverShutdownDecoder extends MessageDecoder {
  static readonly NAME = "ShmDriverShutdown";
  static readonly SCHEMA_ID = 901;
  static readonly TEMPLATE_ID = 6;
  static readonly BLOCK_LENGTH = 9;
  /** What `messageKeyAt` says for this message. */
  static readonly KEY = 59047942;

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
    refused = scan.data(ERROR_MESSAGE);
    if (refused !== null) return refused;
    this.errorMessageLength = scan.dataLength;
    this.errorMessageOffset = scan.position - scan.dataLength;
    return scan.finish(MESSAGE);
  }

  /** Allocates. */
  get timestampNs(): bigint {
    return this.view.getBigUint64(this.block, true);
  }

  /** The upper 32 bits, unsigned. */
  get timestampNsHigh(): number {
    return this.view.getUint32(this.block + 4, true);
  }

  /** The lower 32 bits, unsigned. */
  get timestampNsLow(): number {
    return this.view.getUint32(this.block, true);
  }

  /** Exact up to 2^53. */
  get timestampNsNumber(): number {
    return this.view.getUint32(this.block + 4, true) * 4294967296 + this.view.getUint32(this.block, true);
  }

  get reason(): ShutdownReason {
    return this.view.getUint8(this.block + 8) as ShutdownReason;
  }

  /** The string. Allocates. */
  errorMessage(): string {
    return asciiAt(this.view, this.errorMessageOffset, this.errorMessageLength);
  }
}

const HEADER = { name: "ShmDriverShutdown", blockLength: 9, templateId: 6, schemaId: 901, version: 1 };

/** Writes ShmDriverShutdown in place. */
export class ShmDriverShutdownEncoder extends MessageEncoder {
  constructor() {
    super("ShmDriverShutdown", ["errorMessage"]);
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
  setTimestampNs(high: number, low: number): this {
    this.view.setUint32(this.block, low, true);
    this.view.setUint32(this.block + 4, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setTimestampNsNumber(value: number): this {
    putUint64Number(this.view, this.block, value, "ShmDriverShutdown.timestampNs");
    return this;
  }

  setTimestampNsBigint(value: bigint): this {
    putUint64(this.view, this.block, value, "ShmDriverShutdown.timestampNs");
    return this;
  }

  setReason(value: number): this {
    if (!isShutdownReason(value)) throw outOfRange("ShmDriverShutdown.reason", "a code of ShutdownReason", value);
    this.view.setUint8(this.block + 8, value);
    return this;
  }

  putErrorMessage(text: string): this {
    this.putAscii(0, text);
    return this;
  }
}

/** What tools need to know of ShmDriverShutdown. */
export const SHM_DRIVER_SHUTDOWN_INFO: MessageInfo = {
  kind: "message",
  name: "ShmDriverShutdown",
  schemaId: 901,
  templateId: 6,
  version: 1,
  blockLength: 9,
  fields: [
    fieldInfo("timestampNs", 1, "uint64", 0),
    fieldInfo("reason", 2, "uint8", 8, { codes: SHUTDOWN_REASON_INFO }),
  ],
  groups: [],
  data: [{ name: "errorMessage", id: 3, ascii: true }],
  createDecoder: () => new ShmDriverShutdownDecoder(),
  createEncoder: () => new ShmDriverShutdownEncoder(),
};
