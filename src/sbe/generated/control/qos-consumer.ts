// Generated from schemas/control-900.xml (id 900, version 1): change that, then run `npm run generate`.
import { MessageDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { MessageEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type MessageInfo } from "../../runtime/info.ts";
import { type Refusal, refusal } from "../../runtime/refusal.ts";
import { NO_VIEW } from "../../runtime/scan.ts";
import { messageShape } from "../../runtime/shapes.ts";
import { putUint64, putUint64Number } from "../../runtime/words.ts";
import { isMode, MODE_INFO, type Mode } from "./enums.ts";

const MESSAGE = messageShape("QosConsumer", 900, 5, 1, [41]);
const MODE_REFUSED = refusal("enum", "QosConsumer", "mode", "a code of Mode");

/** Reads QosConsumer in place. What a consumer saw and missed. */
export class QosConsumerDecoder extends MessageDecoder {
  static readonly NAME = "QosConsumer";
  static readonly SCHEMA_ID = 900;
  static readonly TEMPLATE_ID = 5;
  static readonly BLOCK_LENGTH = 41;
  /** What `messageKeyAt` says for this message. */
  static readonly KEY = 58982405;

  override wrap(view: DataView, offset: number, length: number): Refusal | null {
    const refused = this.check(view, offset, length);
    this.view = refused === null ? view : NO_VIEW;

    return refused;
  }

  private check(view: DataView, offset: number, length: number): Refusal | null {
    const scan = this.scan;
    const refused = scan.header(view, offset, length, MESSAGE);
    if (refused !== null) return refused;
    const block = offset + 8;
    this.block = block;

    const modeCode = view.getUint8(block + 40);
    if (!isMode(modeCode)) return scan.refuse(MODE_REFUSED, block + 40, modeCode);

    return scan.finish(MESSAGE);
  }

  get streamId(): number {
    return this.view.getUint32(this.block, true);
  }

  get consumerId(): number {
    return this.view.getUint32(this.block + 4, true);
  }

  /** Allocates. */
  get epoch(): bigint {
    return this.view.getBigUint64(this.block + 8, true);
  }

  /** The upper 32 bits, unsigned. */
  get epochHigh(): number {
    return this.view.getUint32(this.block + 12, true);
  }

  /** The lower 32 bits, unsigned. */
  get epochLow(): number {
    return this.view.getUint32(this.block + 8, true);
  }

  /** Exact up to 2^53. */
  get epochNumber(): number {
    return this.view.getUint32(this.block + 12, true) * 4294967296 + this.view.getUint32(this.block + 8, true);
  }

  /** Allocates. */
  get lastSeqSeen(): bigint {
    return this.view.getBigUint64(this.block + 16, true);
  }

  /** The upper 32 bits, unsigned. */
  get lastSeqSeenHigh(): number {
    return this.view.getUint32(this.block + 20, true);
  }

  /** The lower 32 bits, unsigned. */
  get lastSeqSeenLow(): number {
    return this.view.getUint32(this.block + 16, true);
  }

  /** Exact up to 2^53. */
  get lastSeqSeenNumber(): number {
    return this.view.getUint32(this.block + 20, true) * 4294967296 + this.view.getUint32(this.block + 16, true);
  }

  /** Allocates. */
  get dropsGap(): bigint {
    return this.view.getBigUint64(this.block + 24, true);
  }

  /** The upper 32 bits, unsigned. */
  get dropsGapHigh(): number {
    return this.view.getUint32(this.block + 28, true);
  }

  /** The lower 32 bits, unsigned. */
  get dropsGapLow(): number {
    return this.view.getUint32(this.block + 24, true);
  }

  /** Exact up to 2^53. */
  get dropsGapNumber(): number {
    return this.view.getUint32(this.block + 28, true) * 4294967296 + this.view.getUint32(this.block + 24, true);
  }

  /** Allocates. */
  get dropsLate(): bigint {
    return this.view.getBigUint64(this.block + 32, true);
  }

  /** The upper 32 bits, unsigned. */
  get dropsLateHigh(): number {
    return this.view.getUint32(this.block + 36, true);
  }

  /** The lower 32 bits, unsigned. */
  get dropsLateLow(): number {
    return this.view.getUint32(this.block + 32, true);
  }

  /** Exact up to 2^53. */
  get dropsLateNumber(): number {
    return this.view.getUint32(this.block + 36, true) * 4294967296 + this.view.getUint32(this.block + 32, true);
  }

  get mode(): Mode {
    return this.view.getUint8(this.block + 40) as Mode;
  }
}

const HEADER = { name: "QosConsumer", blockLength: 41, templateId: 5, schemaId: 900, version: 1 };

/** Writes QosConsumer in place. */
export class QosConsumerEncoder extends MessageEncoder {
  /** Bytes of the whole message with its SBE header. */
  static readonly ENCODED_LENGTH = 49;

  constructor() {
    super("QosConsumer", []);
  }

  override wrap(view: DataView, offset: number, limit: number): this {
    this.begin(view, offset, limit, HEADER);
    const block = this.block;

    view.setUint32(block, 0, true);
    view.setUint32(block + 4, 0, true);
    view.setUint32(block + 8, 0, true);
    view.setUint32(block + 12, 0, true);
    view.setUint32(block + 16, 0, true);
    view.setUint32(block + 20, 0, true);
    view.setUint32(block + 24, 0, true);
    view.setUint32(block + 28, 0, true);
    view.setUint32(block + 32, 0, true);
    view.setUint32(block + 36, 0, true);
    view.setUint8(block + 40, 0);
    return this;
  }

  setStreamId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("QosConsumer.streamId", "0 to 4294967295", value);
    this.view.setUint32(this.block, value, true);
    return this;
  }

  setConsumerId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("QosConsumer.consumerId", "0 to 4294967295", value);
    this.view.setUint32(this.block + 4, value, true);
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setEpoch(high: number, low: number): this {
    this.view.setUint32(this.block + 8, low, true);
    this.view.setUint32(this.block + 12, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setEpochNumber(value: number): this {
    putUint64Number(this.view, this.block + 8, value, "QosConsumer.epoch");
    return this;
  }

  setEpochBigint(value: bigint): this {
    putUint64(this.view, this.block + 8, value, "QosConsumer.epoch");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setLastSeqSeen(high: number, low: number): this {
    this.view.setUint32(this.block + 16, low, true);
    this.view.setUint32(this.block + 20, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setLastSeqSeenNumber(value: number): this {
    putUint64Number(this.view, this.block + 16, value, "QosConsumer.lastSeqSeen");
    return this;
  }

  setLastSeqSeenBigint(value: bigint): this {
    putUint64(this.view, this.block + 16, value, "QosConsumer.lastSeqSeen");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setDropsGap(high: number, low: number): this {
    this.view.setUint32(this.block + 24, low, true);
    this.view.setUint32(this.block + 28, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setDropsGapNumber(value: number): this {
    putUint64Number(this.view, this.block + 24, value, "QosConsumer.dropsGap");
    return this;
  }

  setDropsGapBigint(value: bigint): this {
    putUint64(this.view, this.block + 24, value, "QosConsumer.dropsGap");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setDropsLate(high: number, low: number): this {
    this.view.setUint32(this.block + 32, low, true);
    this.view.setUint32(this.block + 36, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setDropsLateNumber(value: number): this {
    putUint64Number(this.view, this.block + 32, value, "QosConsumer.dropsLate");
    return this;
  }

  setDropsLateBigint(value: bigint): this {
    putUint64(this.view, this.block + 32, value, "QosConsumer.dropsLate");
    return this;
  }

  setMode(value: number): this {
    if (!isMode(value)) throw outOfRange("QosConsumer.mode", "a code of Mode", value);
    this.view.setUint8(this.block + 40, value);
    return this;
  }
}

/** What tools need to know of QosConsumer. */
export const QOS_CONSUMER_INFO: MessageInfo = {
  kind: "message",
  name: "QosConsumer",
  schemaId: 900,
  templateId: 5,
  version: 1,
  blockLength: 41,
  fields: [
    fieldInfo("streamId", 1, "uint32", 0),
    fieldInfo("consumerId", 2, "uint32", 4),
    fieldInfo("epoch", 3, "uint64", 8),
    fieldInfo("lastSeqSeen", 4, "uint64", 16),
    fieldInfo("dropsGap", 5, "uint64", 24),
    fieldInfo("dropsLate", 6, "uint64", 32),
    fieldInfo("mode", 7, "uint8", 40, { codes: MODE_INFO }),
  ],
  groups: [],
  data: [],
  createDecoder: () => new QosConsumerDecoder(),
  createEncoder: () => new QosConsumerEncoder(),
};
