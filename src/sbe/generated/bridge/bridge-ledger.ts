// Generated from schemas/bridge-902.xml (id 902, version 3): change that, then run `npm run generate`.
import { MessageDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { MessageEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type MessageInfo } from "../../runtime/info.ts";
import type { Refusal } from "../../runtime/refusal.ts";
import { NO_VIEW } from "../../runtime/scan.ts";
import { messageShape } from "../../runtime/shapes.ts";
import { putUint64, putUint64Number } from "../../runtime/words.ts";

const MESSAGE = messageShape("BridgeLedger", 902, 76, 1, [84, 84, 84]);

/** Reads BridgeLedger in place. Once a second: the sender's frames, all of its instance. */
export class BridgeLedgerDecoder extends MessageDecoder {
  static readonly NAME = "BridgeLedger";
  static readonly SCHEMA_ID = 902;
  static readonly TEMPLATE_ID = 76;
  static readonly BLOCK_LENGTH = 84;
  /** What `messageKeyAt` says for this message. */
  static readonly KEY = 59113548;

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

    return scan.finish(MESSAGE);
  }

  get streamId(): number {
    return this.view.getUint32(this.block, true);
  }

  /** Allocates. */
  get instance(): bigint {
    return this.view.getBigUint64(this.block + 4, true);
  }

  /** The upper 32 bits, unsigned. */
  get instanceHigh(): number {
    return this.view.getUint32(this.block + 8, true);
  }

  /** The lower 32 bits, unsigned. */
  get instanceLow(): number {
    return this.view.getUint32(this.block + 4, true);
  }

  /** Exact up to 2^53. */
  get instanceNumber(): number {
    return this.view.getUint32(this.block + 8, true) * 4294967296 + this.view.getUint32(this.block + 4, true);
  }

  /** The sum of what follows. Allocates. */
  get seen(): bigint {
    return this.view.getBigUint64(this.block + 12, true);
  }

  /** The upper 32 bits, unsigned. */
  get seenHigh(): number {
    return this.view.getUint32(this.block + 16, true);
  }

  /** The lower 32 bits, unsigned. */
  get seenLow(): number {
    return this.view.getUint32(this.block + 12, true);
  }

  /** Exact up to 2^53. */
  get seenNumber(): number {
    return this.view.getUint32(this.block + 16, true) * 4294967296 + this.view.getUint32(this.block + 12, true);
  }

  /** Allocates. */
  get sent(): bigint {
    return this.view.getBigUint64(this.block + 20, true);
  }

  /** The upper 32 bits, unsigned. */
  get sentHigh(): number {
    return this.view.getUint32(this.block + 24, true);
  }

  /** The lower 32 bits, unsigned. */
  get sentLow(): number {
    return this.view.getUint32(this.block + 20, true);
  }

  /** Exact up to 2^53. */
  get sentNumber(): number {
    return this.view.getUint32(this.block + 24, true) * 4294967296 + this.view.getUint32(this.block + 20, true);
  }

  /** By decimation or rate. Allocates. */
  get skipped(): bigint {
    return this.view.getBigUint64(this.block + 28, true);
  }

  /** The upper 32 bits, unsigned. */
  get skippedHigh(): number {
    return this.view.getUint32(this.block + 32, true);
  }

  /** The lower 32 bits, unsigned. */
  get skippedLow(): number {
    return this.view.getUint32(this.block + 28, true);
  }

  /** Exact up to 2^53. */
  get skippedNumber(): number {
    return this.view.getUint32(this.block + 32, true) * 4294967296 + this.view.getUint32(this.block + 28, true);
  }

  /** Allocates. */
  get backPressured(): bigint {
    return this.view.getBigUint64(this.block + 36, true);
  }

  /** The upper 32 bits, unsigned. */
  get backPressuredHigh(): number {
    return this.view.getUint32(this.block + 40, true);
  }

  /** The lower 32 bits, unsigned. */
  get backPressuredLow(): number {
    return this.view.getUint32(this.block + 36, true);
  }

  /** Exact up to 2^53. */
  get backPressuredNumber(): number {
    return this.view.getUint32(this.block + 40, true) * 4294967296 + this.view.getUint32(this.block + 36, true);
  }

  /** Allocates. */
  get notConnected(): bigint {
    return this.view.getBigUint64(this.block + 44, true);
  }

  /** The upper 32 bits, unsigned. */
  get notConnectedHigh(): number {
    return this.view.getUint32(this.block + 48, true);
  }

  /** The lower 32 bits, unsigned. */
  get notConnectedLow(): number {
    return this.view.getUint32(this.block + 44, true);
  }

  /** Exact up to 2^53. */
  get notConnectedNumber(): number {
    return this.view.getUint32(this.block + 48, true) * 4294967296 + this.view.getUint32(this.block + 44, true);
  }

  /** Allocates. */
  get overwritten(): bigint {
    return this.view.getBigUint64(this.block + 52, true);
  }

  /** The upper 32 bits, unsigned. */
  get overwrittenHigh(): number {
    return this.view.getUint32(this.block + 56, true);
  }

  /** The lower 32 bits, unsigned. */
  get overwrittenLow(): number {
    return this.view.getUint32(this.block + 52, true);
  }

  /** Exact up to 2^53. */
  get overwrittenNumber(): number {
    return this.view.getUint32(this.block + 56, true) * 4294967296 + this.view.getUint32(this.block + 52, true);
  }

  /** Allocates. */
  get gapInSource(): bigint {
    return this.view.getBigUint64(this.block + 60, true);
  }

  /** The upper 32 bits, unsigned. */
  get gapInSourceHigh(): number {
    return this.view.getUint32(this.block + 64, true);
  }

  /** The lower 32 bits, unsigned. */
  get gapInSourceLow(): number {
    return this.view.getUint32(this.block + 60, true);
  }

  /** Exact up to 2^53. */
  get gapInSourceNumber(): number {
    return this.view.getUint32(this.block + 64, true) * 4294967296 + this.view.getUint32(this.block + 60, true);
  }

  /** Allocates. */
  get tooLarge(): bigint {
    return this.view.getBigUint64(this.block + 68, true);
  }

  /** The upper 32 bits, unsigned. */
  get tooLargeHigh(): number {
    return this.view.getUint32(this.block + 72, true);
  }

  /** The lower 32 bits, unsigned. */
  get tooLargeLow(): number {
    return this.view.getUint32(this.block + 68, true);
  }

  /** Exact up to 2^53. */
  get tooLargeNumber(): number {
    return this.view.getUint32(this.block + 72, true) * 4294967296 + this.view.getUint32(this.block + 68, true);
  }

  /** Frames whose header breaks a rule. Allocates. */
  get refused(): bigint {
    return this.view.getBigUint64(this.block + 76, true);
  }

  /** The upper 32 bits, unsigned. */
  get refusedHigh(): number {
    return this.view.getUint32(this.block + 80, true);
  }

  /** The lower 32 bits, unsigned. */
  get refusedLow(): number {
    return this.view.getUint32(this.block + 76, true);
  }

  /** Exact up to 2^53. */
  get refusedNumber(): number {
    return this.view.getUint32(this.block + 80, true) * 4294967296 + this.view.getUint32(this.block + 76, true);
  }
}

const HEADER = { name: "BridgeLedger", blockLength: 84, templateId: 76, schemaId: 902, version: 3 };

/** Writes BridgeLedger in place. */
export class BridgeLedgerEncoder extends MessageEncoder {
  /** Bytes of the whole message with its SBE header. */
  static readonly ENCODED_LENGTH = 92;

  constructor() {
    super("BridgeLedger", []);
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
    view.setUint32(block + 40, 0, true);
    view.setUint32(block + 44, 0, true);
    view.setUint32(block + 48, 0, true);
    view.setUint32(block + 52, 0, true);
    view.setUint32(block + 56, 0, true);
    view.setUint32(block + 60, 0, true);
    view.setUint32(block + 64, 0, true);
    view.setUint32(block + 68, 0, true);
    view.setUint32(block + 72, 0, true);
    view.setUint32(block + 76, 0, true);
    view.setUint32(block + 80, 0, true);
    return this;
  }

  setStreamId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("BridgeLedger.streamId", "0 to 4294967295", value);
    this.view.setUint32(this.block, value, true);
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setInstance(high: number, low: number): this {
    this.view.setUint32(this.block + 4, low, true);
    this.view.setUint32(this.block + 8, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setInstanceNumber(value: number): this {
    putUint64Number(this.view, this.block + 4, value, "BridgeLedger.instance");
    return this;
  }

  setInstanceBigint(value: bigint): this {
    putUint64(this.view, this.block + 4, value, "BridgeLedger.instance");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setSeen(high: number, low: number): this {
    this.view.setUint32(this.block + 12, low, true);
    this.view.setUint32(this.block + 16, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setSeenNumber(value: number): this {
    putUint64Number(this.view, this.block + 12, value, "BridgeLedger.seen");
    return this;
  }

  setSeenBigint(value: bigint): this {
    putUint64(this.view, this.block + 12, value, "BridgeLedger.seen");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setSent(high: number, low: number): this {
    this.view.setUint32(this.block + 20, low, true);
    this.view.setUint32(this.block + 24, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setSentNumber(value: number): this {
    putUint64Number(this.view, this.block + 20, value, "BridgeLedger.sent");
    return this;
  }

  setSentBigint(value: bigint): this {
    putUint64(this.view, this.block + 20, value, "BridgeLedger.sent");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setSkipped(high: number, low: number): this {
    this.view.setUint32(this.block + 28, low, true);
    this.view.setUint32(this.block + 32, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setSkippedNumber(value: number): this {
    putUint64Number(this.view, this.block + 28, value, "BridgeLedger.skipped");
    return this;
  }

  setSkippedBigint(value: bigint): this {
    putUint64(this.view, this.block + 28, value, "BridgeLedger.skipped");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setBackPressured(high: number, low: number): this {
    this.view.setUint32(this.block + 36, low, true);
    this.view.setUint32(this.block + 40, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setBackPressuredNumber(value: number): this {
    putUint64Number(this.view, this.block + 36, value, "BridgeLedger.backPressured");
    return this;
  }

  setBackPressuredBigint(value: bigint): this {
    putUint64(this.view, this.block + 36, value, "BridgeLedger.backPressured");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setNotConnected(high: number, low: number): this {
    this.view.setUint32(this.block + 44, low, true);
    this.view.setUint32(this.block + 48, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setNotConnectedNumber(value: number): this {
    putUint64Number(this.view, this.block + 44, value, "BridgeLedger.notConnected");
    return this;
  }

  setNotConnectedBigint(value: bigint): this {
    putUint64(this.view, this.block + 44, value, "BridgeLedger.notConnected");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setOverwritten(high: number, low: number): this {
    this.view.setUint32(this.block + 52, low, true);
    this.view.setUint32(this.block + 56, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setOverwrittenNumber(value: number): this {
    putUint64Number(this.view, this.block + 52, value, "BridgeLedger.overwritten");
    return this;
  }

  setOverwrittenBigint(value: bigint): this {
    putUint64(this.view, this.block + 52, value, "BridgeLedger.overwritten");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setGapInSource(high: number, low: number): this {
    this.view.setUint32(this.block + 60, low, true);
    this.view.setUint32(this.block + 64, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setGapInSourceNumber(value: number): this {
    putUint64Number(this.view, this.block + 60, value, "BridgeLedger.gapInSource");
    return this;
  }

  setGapInSourceBigint(value: bigint): this {
    putUint64(this.view, this.block + 60, value, "BridgeLedger.gapInSource");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setTooLarge(high: number, low: number): this {
    this.view.setUint32(this.block + 68, low, true);
    this.view.setUint32(this.block + 72, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setTooLargeNumber(value: number): this {
    putUint64Number(this.view, this.block + 68, value, "BridgeLedger.tooLarge");
    return this;
  }

  setTooLargeBigint(value: bigint): this {
    putUint64(this.view, this.block + 68, value, "BridgeLedger.tooLarge");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setRefused(high: number, low: number): this {
    this.view.setUint32(this.block + 76, low, true);
    this.view.setUint32(this.block + 80, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setRefusedNumber(value: number): this {
    putUint64Number(this.view, this.block + 76, value, "BridgeLedger.refused");
    return this;
  }

  setRefusedBigint(value: bigint): this {
    putUint64(this.view, this.block + 76, value, "BridgeLedger.refused");
    return this;
  }
}

/** What tools need to know of BridgeLedger. */
export const BRIDGE_LEDGER_INFO: MessageInfo = {
  kind: "message",
  name: "BridgeLedger",
  schemaId: 902,
  templateId: 76,
  version: 3,
  blockLength: 84,
  fields: [
    fieldInfo("streamId", 1, "uint32", 0),
    fieldInfo("instance", 2, "uint64", 4),
    fieldInfo("seen", 3, "uint64", 12),
    fieldInfo("sent", 4, "uint64", 20),
    fieldInfo("skipped", 5, "uint64", 28),
    fieldInfo("backPressured", 6, "uint64", 36),
    fieldInfo("notConnected", 7, "uint64", 44),
    fieldInfo("overwritten", 8, "uint64", 52),
    fieldInfo("gapInSource", 9, "uint64", 60),
    fieldInfo("tooLarge", 10, "uint64", 68),
    fieldInfo("refused", 11, "uint64", 76),
  ],
  groups: [],
  data: [],
  createDecoder: () => new BridgeLedgerDecoder(),
  createEncoder: () => new BridgeLedgerEncoder(),
};
