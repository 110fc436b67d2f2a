// Generated from schemas/bridge-902.xml (id 902, version 3): change that, then run `npm run generate`.
import { GroupDecoder, MessageDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { type EncodeCursor, GroupEncoder, MessageEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type MessageInfo } from "../../runtime/info.ts";
import type { Refusal } from "../../runtime/refusal.ts";
import { NO_VIEW, type Scan } from "../../runtime/scan.ts";
import { groupShape, messageShape } from "../../runtime/shapes.ts";
import { putUint64, putUint64Number } from "../../runtime/words.ts";

const MESSAGE = messageShape("BridgeReport", 902, 77, 2, [138, 146]);
const READERS = groupShape("BridgeReport", "readers", 2, [44, 44], 0);

/** Reads the entries of BridgeReport.readers. */
export class BridgeReportReadersDecoder extends GroupDecoder {
  override check(scan: Scan): Refusal | null {
    let refused = scan.group(READERS);
    if (refused !== null) return refused;
    this.begin(scan);

    for (let left = scan.entries; left > 0; left--) {
      refused = scan.entry(44, READERS);
      if (refused !== null) return refused;
    }
    return null;
  }

  protected override locate(): number {
    return this.block + 44;
  }

  get consumerId(): number {
    return this.view.getUint32(this.block, true);
  }

  /** Allocates. */
  get accepted(): bigint {
    return this.view.getBigUint64(this.block + 4, true);
  }

  /** The upper 32 bits, unsigned. */
  get acceptedHigh(): number {
    return this.view.getUint32(this.block + 8, true);
  }

  /** The lower 32 bits, unsigned. */
  get acceptedLow(): number {
    return this.view.getUint32(this.block + 4, true);
  }

  /** Exact up to 2^53. */
  get acceptedNumber(): number {
    return this.view.getUint32(this.block + 8, true) * 4294967296 + this.view.getUint32(this.block + 4, true);
  }

  /** Frames whose descriptor never came. Allocates. */
  get gap(): bigint {
    return this.view.getBigUint64(this.block + 12, true);
  }

  /** The upper 32 bits, unsigned. */
  get gapHigh(): number {
    return this.view.getUint32(this.block + 16, true);
  }

  /** The lower 32 bits, unsigned. */
  get gapLow(): number {
    return this.view.getUint32(this.block + 12, true);
  }

  /** Exact up to 2^53. */
  get gapNumber(): number {
    return this.view.getUint32(this.block + 16, true) * 4294967296 + this.view.getUint32(this.block + 12, true);
  }

  /** Overwritten before or while they were read. Allocates. */
  get late(): bigint {
    return this.view.getBigUint64(this.block + 20, true);
  }

  /** The upper 32 bits, unsigned. */
  get lateHigh(): number {
    return this.view.getUint32(this.block + 24, true);
  }

  /** The lower 32 bits, unsigned. */
  get lateLow(): number {
    return this.view.getUint32(this.block + 20, true);
  }

  /** Exact up to 2^53. */
  get lateNumber(): number {
    return this.view.getUint32(this.block + 24, true) * 4294967296 + this.view.getUint32(this.block + 20, true);
  }

  /** Allocates. */
  get sinkTooSlow(): bigint {
    return this.view.getBigUint64(this.block + 28, true);
  }

  /** The upper 32 bits, unsigned. */
  get sinkTooSlowHigh(): number {
    return this.view.getUint32(this.block + 32, true);
  }

  /** The lower 32 bits, unsigned. */
  get sinkTooSlowLow(): number {
    return this.view.getUint32(this.block + 28, true);
  }

  /** Exact up to 2^53. */
  get sinkTooSlowNumber(): number {
    return this.view.getUint32(this.block + 32, true) * 4294967296 + this.view.getUint32(this.block + 28, true);
  }

  /** Lost by other causes. Allocates. */
  get other(): bigint {
    return this.view.getBigUint64(this.block + 36, true);
  }

  /** The upper 32 bits, unsigned. */
  get otherHigh(): number {
    return this.view.getUint32(this.block + 40, true);
  }

  /** The lower 32 bits, unsigned. */
  get otherLow(): number {
    return this.view.getUint32(this.block + 36, true);
  }

  /** Exact up to 2^53. */
  get otherNumber(): number {
    return this.view.getUint32(this.block + 40, true) * 4294967296 + this.view.getUint32(this.block + 36, true);
  }
}

/** Reads BridgeReport in place. From the receiver, after each ledger: what became of the frames. */
export class BridgeReportDecoder extends MessageDecoder {
  static readonly NAME = "BridgeReport";
  static readonly SCHEMA_ID = 902;
  static readonly TEMPLATE_ID = 77;
  static readonly BLOCK_LENGTH = 146;
  /** What `messageKeyAt` says for this message. */
  static readonly KEY = 59113549;

  readonly readers = new BridgeReportReadersDecoder();

  override wrap(view: DataView, offset: number, length: number): Refusal | null {
    const refused = this.check(view, offset, length);
    this.view = refused === null ? view : NO_VIEW;
    if (refused !== null) {
      this.readers.clear();
    }
    return refused;
  }

  private check(view: DataView, offset: number, length: number): Refusal | null {
    const scan = this.scan;
    let refused = scan.header(view, offset, length, MESSAGE);
    if (refused !== null) return refused;
    const block = offset + 8;
    this.block = block;

    refused = this.readers.check(scan);
    if (refused !== null) return refused;
    return scan.finish(MESSAGE);
  }

  /** Of the source. */
  get streamId(): number {
    return this.view.getUint32(this.block, true);
  }

  /** Where the receiver publishes the frames. */
  get toStreamId(): number {
    return this.view.getUint32(this.block + 4, true);
  }

  /** Of the sender, from its BridgeOpen. Allocates. */
  get instance(): bigint {
    return this.view.getBigUint64(this.block + 8, true);
  }

  /** The upper 32 bits, unsigned. */
  get instanceHigh(): number {
    return this.view.getUint32(this.block + 12, true);
  }

  /** The lower 32 bits, unsigned. */
  get instanceLow(): number {
    return this.view.getUint32(this.block + 8, true);
  }

  /** Exact up to 2^53. */
  get instanceNumber(): number {
    return this.view.getUint32(this.block + 12, true) * 4294967296 + this.view.getUint32(this.block + 8, true);
  }

  /** Drawn at random by the receiver for each account. Allocates. */
  get receiver(): bigint {
    return this.view.getBigUint64(this.block + 16, true);
  }

  /** The upper 32 bits, unsigned. */
  get receiverHigh(): number {
    return this.view.getUint32(this.block + 20, true);
  }

  /** The lower 32 bits, unsigned. */
  get receiverLow(): number {
    return this.view.getUint32(this.block + 16, true);
  }

  /** Exact up to 2^53. */
  get receiverNumber(): number {
    return this.view.getUint32(this.block + 20, true) * 4294967296 + this.view.getUint32(this.block + 16, true);
  }

  /** monotonicNs of the newest BridgeOpen. Allocates. */
  get echoNs(): bigint {
    return this.view.getBigUint64(this.block + 24, true);
  }

  /** The upper 32 bits, unsigned. */
  get echoNsHigh(): number {
    return this.view.getUint32(this.block + 28, true);
  }

  /** The lower 32 bits, unsigned. */
  get echoNsLow(): number {
    return this.view.getUint32(this.block + 24, true);
  }

  /** Exact up to 2^53. */
  get echoNsNumber(): number {
    return this.view.getUint32(this.block + 28, true) * 4294967296 + this.view.getUint32(this.block + 24, true);
  }

  /** Since that was there: since the beginning of the first cycle after the one that read it. Allocates. */
  get heldNs(): bigint {
    return this.view.getBigUint64(this.block + 32, true);
  }

  /** The upper 32 bits, unsigned. */
  get heldNsHigh(): number {
    return this.view.getUint32(this.block + 36, true);
  }

  /** The lower 32 bits, unsigned. */
  get heldNsLow(): number {
    return this.view.getUint32(this.block + 32, true);
  }

  /** Exact up to 2^53. */
  get heldNsNumber(): number {
    return this.view.getUint32(this.block + 36, true) * 4294967296 + this.view.getUint32(this.block + 32, true);
  }

  /** The receiver's CLOCK_MONOTONIC. Allocates. */
  get monotonicNs(): bigint {
    return this.view.getBigUint64(this.block + 40, true);
  }

  /** The upper 32 bits, unsigned. */
  get monotonicNsHigh(): number {
    return this.view.getUint32(this.block + 44, true);
  }

  /** The lower 32 bits, unsigned. */
  get monotonicNsLow(): number {
    return this.view.getUint32(this.block + 40, true);
  }

  /** Exact up to 2^53. */
  get monotonicNsNumber(): number {
    return this.view.getUint32(this.block + 44, true) * 4294967296 + this.view.getUint32(this.block + 40, true);
  }

  /** From the timestamps of the frames since the last report until they were complete, their mean; 0: not known. Allocates. */
  get delayNs(): bigint {
    return this.view.getBigUint64(this.block + 48, true);
  }

  /** The upper 32 bits, unsigned. */
  get delayNsHigh(): number {
    return this.view.getUint32(this.block + 52, true);
  }

  /** The lower 32 bits, unsigned. */
  get delayNsLow(): number {
    return this.view.getUint32(this.block + 48, true);
  }

  /** Exact up to 2^53. */
  get delayNsNumber(): number {
    return this.view.getUint32(this.block + 52, true) * 4294967296 + this.view.getUint32(this.block + 48, true);
  }

  /** `sent` of the sender's ledger with which the account began. Allocates. */
  get firstSent(): bigint {
    return this.view.getBigUint64(this.block + 56, true);
  }

  /** The upper 32 bits, unsigned. */
  get firstSentHigh(): number {
    return this.view.getUint32(this.block + 60, true);
  }

  /** The lower 32 bits, unsigned. */
  get firstSentLow(): number {
    return this.view.getUint32(this.block + 56, true);
  }

  /** Exact up to 2^53. */
  get firstSentNumber(): number {
    return this.view.getUint32(this.block + 60, true) * 4294967296 + this.view.getUint32(this.block + 56, true);
  }

  /** `sent` of its newest ledger; what follows adds up to the difference. Allocates. */
  get lastSent(): bigint {
    return this.view.getBigUint64(this.block + 64, true);
  }

  /** The upper 32 bits, unsigned. */
  get lastSentHigh(): number {
    return this.view.getUint32(this.block + 68, true);
  }

  /** The lower 32 bits, unsigned. */
  get lastSentLow(): number {
    return this.view.getUint32(this.block + 64, true);
  }

  /** Exact up to 2^53. */
  get lastSentNumber(): number {
    return this.view.getUint32(this.block + 68, true) * 4294967296 + this.view.getUint32(this.block + 64, true);
  }

  /** Allocates. */
  get delivered(): bigint {
    return this.view.getBigUint64(this.block + 72, true);
  }

  /** The upper 32 bits, unsigned. */
  get deliveredHigh(): number {
    return this.view.getUint32(this.block + 76, true);
  }

  /** The lower 32 bits, unsigned. */
  get deliveredLow(): number {
    return this.view.getUint32(this.block + 72, true);
  }

  /** Exact up to 2^53. */
  get deliveredNumber(): number {
    return this.view.getUint32(this.block + 76, true) * 4294967296 + this.view.getUint32(this.block + 72, true);
  }

  /** Allocates. */
  get noSlot(): bigint {
    return this.view.getBigUint64(this.block + 80, true);
  }

  /** The upper 32 bits, unsigned. */
  get noSlotHigh(): number {
    return this.view.getUint32(this.block + 84, true);
  }

  /** The lower 32 bits, unsigned. */
  get noSlotLow(): number {
    return this.view.getUint32(this.block + 80, true);
  }

  /** Exact up to 2^53. */
  get noSlotNumber(): number {
    return this.view.getUint32(this.block + 84, true) * 4294967296 + this.view.getUint32(this.block + 80, true);
  }

  /** Allocates. */
  get refused(): bigint {
    return this.view.getBigUint64(this.block + 88, true);
  }

  /** The upper 32 bits, unsigned. */
  get refusedHigh(): number {
    return this.view.getUint32(this.block + 92, true);
  }

  /** The lower 32 bits, unsigned. */
  get refusedLow(): number {
    return this.view.getUint32(this.block + 88, true);
  }

  /** Exact up to 2^53. */
  get refusedNumber(): number {
    return this.view.getUint32(this.block + 92, true) * 4294967296 + this.view.getUint32(this.block + 88, true);
  }

  /** Allocates. */
  get incomplete(): bigint {
    return this.view.getBigUint64(this.block + 96, true);
  }

  /** The upper 32 bits, unsigned. */
  get incompleteHigh(): number {
    return this.view.getUint32(this.block + 100, true);
  }

  /** The lower 32 bits, unsigned. */
  get incompleteLow(): number {
    return this.view.getUint32(this.block + 96, true);
  }

  /** Exact up to 2^53. */
  get incompleteNumber(): number {
    return this.view.getUint32(this.block + 100, true) * 4294967296 + this.view.getUint32(this.block + 96, true);
  }

  /** Whose slot went with a lease or an epoch. Allocates. */
  get epochChange(): bigint {
    return this.view.getBigUint64(this.block + 104, true);
  }

  /** The upper 32 bits, unsigned. */
  get epochChangeHigh(): number {
    return this.view.getUint32(this.block + 108, true);
  }

  /** The lower 32 bits, unsigned. */
  get epochChangeLow(): number {
    return this.view.getUint32(this.block + 104, true);
  }

  /** Exact up to 2^53. */
  get epochChangeNumber(): number {
    return this.view.getUint32(this.block + 108, true) * 4294967296 + this.view.getUint32(this.block + 104, true);
  }

  /** Whose values are not those that were sent. Allocates. */
  get checksum(): bigint {
    return this.view.getBigUint64(this.block + 112, true);
  }

  /** The upper 32 bits, unsigned. */
  get checksumHigh(): number {
    return this.view.getUint32(this.block + 116, true);
  }

  /** The lower 32 bits, unsigned. */
  get checksumLow(): number {
    return this.view.getUint32(this.block + 112, true);
  }

  /** Exact up to 2^53. */
  get checksumNumber(): number {
    return this.view.getUint32(this.block + 116, true) * 4294967296 + this.view.getUint32(this.block + 112, true);
  }

  /** NAKs that the receiver has sent for this session. Allocates. */
  get naks(): bigint {
    return this.view.getBigUint64(this.block + 120, true);
  }

  /** The upper 32 bits, unsigned. */
  get naksHigh(): number {
    return this.view.getUint32(this.block + 124, true);
  }

  /** The lower 32 bits, unsigned. */
  get naksLow(): number {
    return this.view.getUint32(this.block + 120, true);
  }

  /** Exact up to 2^53. */
  get naksNumber(): number {
    return this.view.getUint32(this.block + 124, true) * 4294967296 + this.view.getUint32(this.block + 120, true);
  }

  /** Of the receiver's channel: most bytes under way. */
  get windowBytes(): number {
    return this.view.getUint32(this.block + 128, true);
  }

  /** Of its socket. */
  get socketBufferBytes(): number {
    return this.view.getUint32(this.block + 132, true);
  }

  /** Of the receiver's stream; the group may have fewer. */
  get consumers(): number {
    return this.view.getUint16(this.block + 136, true);
  }

  static readonly delayErrorNsNull = 18446744073709551615n;

  /** By how much delayNs may be off; absent: delayNs has no meaning. Allocates. */
  get delayErrorNs(): bigint {
    if (this.version < 3) return 18446744073709551615n;
    return this.view.getBigUint64(this.block + 138, true);
  }

  /** The upper 32 bits, unsigned. */
  get delayErrorNsHigh(): number {
    if (this.version < 3) return 4294967295;
    return this.view.getUint32(this.block + 142, true);
  }

  /** The lower 32 bits, unsigned. */
  get delayErrorNsLow(): number {
    if (this.version < 3) return 4294967295;
    return this.view.getUint32(this.block + 138, true);
  }

  /** Exact up to 2^53. */
  get delayErrorNsNumber(): number {
    if (this.version < 3) return Number(18446744073709551615n);
    return this.view.getUint32(this.block + 142, true) * 4294967296 + this.view.getUint32(this.block + 138, true);
  }

  get hasDelayErrorNs(): boolean {
    return this.version >= 3 && (this.delayErrorNsLow !== 4294967295 || this.delayErrorNsHigh !== 4294967295);
  }
}

/** Writes the entries of BridgeReport.readers: `next()` before each. */
export class BridgeReportReadersEncoder extends GroupEncoder {
  constructor(cursor: EncodeCursor) {
    super(cursor, "BridgeReport.readers", [], 44);
  }

  protected override initialise(): void {
    const block = this.block;
    const view = this.view;
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
  }

  setConsumerId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("BridgeReport.readers.consumerId", "0 to 4294967295", value);
    this.view.setUint32(this.block, value, true);
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setAccepted(high: number, low: number): this {
    this.view.setUint32(this.block + 4, low, true);
    this.view.setUint32(this.block + 8, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setAcceptedNumber(value: number): this {
    putUint64Number(this.view, this.block + 4, value, "BridgeReport.readers.accepted");
    return this;
  }

  setAcceptedBigint(value: bigint): this {
    putUint64(this.view, this.block + 4, value, "BridgeReport.readers.accepted");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setGap(high: number, low: number): this {
    this.view.setUint32(this.block + 12, low, true);
    this.view.setUint32(this.block + 16, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setGapNumber(value: number): this {
    putUint64Number(this.view, this.block + 12, value, "BridgeReport.readers.gap");
    return this;
  }

  setGapBigint(value: bigint): this {
    putUint64(this.view, this.block + 12, value, "BridgeReport.readers.gap");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setLate(high: number, low: number): this {
    this.view.setUint32(this.block + 20, low, true);
    this.view.setUint32(this.block + 24, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setLateNumber(value: number): this {
    putUint64Number(this.view, this.block + 20, value, "BridgeReport.readers.late");
    return this;
  }

  setLateBigint(value: bigint): this {
    putUint64(this.view, this.block + 20, value, "BridgeReport.readers.late");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setSinkTooSlow(high: number, low: number): this {
    this.view.setUint32(this.block + 28, low, true);
    this.view.setUint32(this.block + 32, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setSinkTooSlowNumber(value: number): this {
    putUint64Number(this.view, this.block + 28, value, "BridgeReport.readers.sinkTooSlow");
    return this;
  }

  setSinkTooSlowBigint(value: bigint): this {
    putUint64(this.view, this.block + 28, value, "BridgeReport.readers.sinkTooSlow");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setOther(high: number, low: number): this {
    this.view.setUint32(this.block + 36, low, true);
    this.view.setUint32(this.block + 40, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setOtherNumber(value: number): this {
    putUint64Number(this.view, this.block + 36, value, "BridgeReport.readers.other");
    return this;
  }

  setOtherBigint(value: bigint): this {
    putUint64(this.view, this.block + 36, value, "BridgeReport.readers.other");
    return this;
  }
}

const HEADER = { name: "BridgeReport", blockLength: 146, templateId: 77, schemaId: 902, version: 3 };

/** Writes BridgeReport in place. */
export class BridgeReportEncoder extends MessageEncoder {
  private readonly readersEncoder: BridgeReportReadersEncoder;

  constructor() {
    super("BridgeReport", ["readers"]);
    this.readersEncoder = new BridgeReportReadersEncoder(this.cursor);
  }

  override get encodedLength(): number {
    this.readersEncoder.assertComplete();
    return super.encodedLength;
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
    view.setUint32(block + 84, 0, true);
    view.setUint32(block + 88, 0, true);
    view.setUint32(block + 92, 0, true);
    view.setUint32(block + 96, 0, true);
    view.setUint32(block + 100, 0, true);
    view.setUint32(block + 104, 0, true);
    view.setUint32(block + 108, 0, true);
    view.setUint32(block + 112, 0, true);
    view.setUint32(block + 116, 0, true);
    view.setUint32(block + 120, 0, true);
    view.setUint32(block + 124, 0, true);
    view.setUint32(block + 128, 0, true);
    view.setUint32(block + 132, 0, true);
    view.setUint16(block + 136, 0, true);
    view.setUint32(block + 138, 4294967295, true);
    view.setUint32(block + 142, 4294967295, true);
    return this;
  }

  /** Of the source. */
  setStreamId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("BridgeReport.streamId", "0 to 4294967295", value);
    this.view.setUint32(this.block, value, true);
    return this;
  }

  /** Where the receiver publishes the frames. */
  setToStreamId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("BridgeReport.toStreamId", "0 to 4294967295", value);
    this.view.setUint32(this.block + 4, value, true);
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setInstance(high: number, low: number): this {
    this.view.setUint32(this.block + 8, low, true);
    this.view.setUint32(this.block + 12, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setInstanceNumber(value: number): this {
    putUint64Number(this.view, this.block + 8, value, "BridgeReport.instance");
    return this;
  }

  setInstanceBigint(value: bigint): this {
    putUint64(this.view, this.block + 8, value, "BridgeReport.instance");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setReceiver(high: number, low: number): this {
    this.view.setUint32(this.block + 16, low, true);
    this.view.setUint32(this.block + 20, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setReceiverNumber(value: number): this {
    putUint64Number(this.view, this.block + 16, value, "BridgeReport.receiver");
    return this;
  }

  setReceiverBigint(value: bigint): this {
    putUint64(this.view, this.block + 16, value, "BridgeReport.receiver");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setEchoNs(high: number, low: number): this {
    this.view.setUint32(this.block + 24, low, true);
    this.view.setUint32(this.block + 28, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setEchoNsNumber(value: number): this {
    putUint64Number(this.view, this.block + 24, value, "BridgeReport.echoNs");
    return this;
  }

  setEchoNsBigint(value: bigint): this {
    putUint64(this.view, this.block + 24, value, "BridgeReport.echoNs");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setHeldNs(high: number, low: number): this {
    this.view.setUint32(this.block + 32, low, true);
    this.view.setUint32(this.block + 36, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setHeldNsNumber(value: number): this {
    putUint64Number(this.view, this.block + 32, value, "BridgeReport.heldNs");
    return this;
  }

  setHeldNsBigint(value: bigint): this {
    putUint64(this.view, this.block + 32, value, "BridgeReport.heldNs");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setMonotonicNs(high: number, low: number): this {
    this.view.setUint32(this.block + 40, low, true);
    this.view.setUint32(this.block + 44, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setMonotonicNsNumber(value: number): this {
    putUint64Number(this.view, this.block + 40, value, "BridgeReport.monotonicNs");
    return this;
  }

  setMonotonicNsBigint(value: bigint): this {
    putUint64(this.view, this.block + 40, value, "BridgeReport.monotonicNs");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setDelayNs(high: number, low: number): this {
    this.view.setUint32(this.block + 48, low, true);
    this.view.setUint32(this.block + 52, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setDelayNsNumber(value: number): this {
    putUint64Number(this.view, this.block + 48, value, "BridgeReport.delayNs");
    return this;
  }

  setDelayNsBigint(value: bigint): this {
    putUint64(this.view, this.block + 48, value, "BridgeReport.delayNs");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setFirstSent(high: number, low: number): this {
    this.view.setUint32(this.block + 56, low, true);
    this.view.setUint32(this.block + 60, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setFirstSentNumber(value: number): this {
    putUint64Number(this.view, this.block + 56, value, "BridgeReport.firstSent");
    return this;
  }

  setFirstSentBigint(value: bigint): this {
    putUint64(this.view, this.block + 56, value, "BridgeReport.firstSent");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setLastSent(high: number, low: number): this {
    this.view.setUint32(this.block + 64, low, true);
    this.view.setUint32(this.block + 68, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setLastSentNumber(value: number): this {
    putUint64Number(this.view, this.block + 64, value, "BridgeReport.lastSent");
    return this;
  }

  setLastSentBigint(value: bigint): this {
    putUint64(this.view, this.block + 64, value, "BridgeReport.lastSent");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setDelivered(high: number, low: number): this {
    this.view.setUint32(this.block + 72, low, true);
    this.view.setUint32(this.block + 76, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setDeliveredNumber(value: number): this {
    putUint64Number(this.view, this.block + 72, value, "BridgeReport.delivered");
    return this;
  }

  setDeliveredBigint(value: bigint): this {
    putUint64(this.view, this.block + 72, value, "BridgeReport.delivered");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setNoSlot(high: number, low: number): this {
    this.view.setUint32(this.block + 80, low, true);
    this.view.setUint32(this.block + 84, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setNoSlotNumber(value: number): this {
    putUint64Number(this.view, this.block + 80, value, "BridgeReport.noSlot");
    return this;
  }

  setNoSlotBigint(value: bigint): this {
    putUint64(this.view, this.block + 80, value, "BridgeReport.noSlot");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setRefused(high: number, low: number): this {
    this.view.setUint32(this.block + 88, low, true);
    this.view.setUint32(this.block + 92, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setRefusedNumber(value: number): this {
    putUint64Number(this.view, this.block + 88, value, "BridgeReport.refused");
    return this;
  }

  setRefusedBigint(value: bigint): this {
    putUint64(this.view, this.block + 88, value, "BridgeReport.refused");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setIncomplete(high: number, low: number): this {
    this.view.setUint32(this.block + 96, low, true);
    this.view.setUint32(this.block + 100, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setIncompleteNumber(value: number): this {
    putUint64Number(this.view, this.block + 96, value, "BridgeReport.incomplete");
    return this;
  }

  setIncompleteBigint(value: bigint): this {
    putUint64(this.view, this.block + 96, value, "BridgeReport.incomplete");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setEpochChange(high: number, low: number): this {
    this.view.setUint32(this.block + 104, low, true);
    this.view.setUint32(this.block + 108, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setEpochChangeNumber(value: number): this {
    putUint64Number(this.view, this.block + 104, value, "BridgeReport.epochChange");
    return this;
  }

  setEpochChangeBigint(value: bigint): this {
    putUint64(this.view, this.block + 104, value, "BridgeReport.epochChange");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setChecksum(high: number, low: number): this {
    this.view.setUint32(this.block + 112, low, true);
    this.view.setUint32(this.block + 116, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setChecksumNumber(value: number): this {
    putUint64Number(this.view, this.block + 112, value, "BridgeReport.checksum");
    return this;
  }

  setChecksumBigint(value: bigint): this {
    putUint64(this.view, this.block + 112, value, "BridgeReport.checksum");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setNaks(high: number, low: number): this {
    this.view.setUint32(this.block + 120, low, true);
    this.view.setUint32(this.block + 124, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setNaksNumber(value: number): this {
    putUint64Number(this.view, this.block + 120, value, "BridgeReport.naks");
    return this;
  }

  setNaksBigint(value: bigint): this {
    putUint64(this.view, this.block + 120, value, "BridgeReport.naks");
    return this;
  }

  /** Of the receiver's channel: most bytes under way. */
  setWindowBytes(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("BridgeReport.windowBytes", "0 to 4294967295", value);
    this.view.setUint32(this.block + 128, value, true);
    return this;
  }

  /** Of its socket. */
  setSocketBufferBytes(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("BridgeReport.socketBufferBytes", "0 to 4294967295", value);
    this.view.setUint32(this.block + 132, value, true);
    return this;
  }

  /** Of the receiver's stream; the group may have fewer. */
  setConsumers(value: number): this {
    if ((value & 0xffff) !== value) throw outOfRange("BridgeReport.consumers", "0 to 65535", value);
    this.view.setUint16(this.block + 136, value, true);
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setDelayErrorNs(high: number, low: number): this {
    this.view.setUint32(this.block + 138, low, true);
    this.view.setUint32(this.block + 142, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setDelayErrorNsNumber(value: number): this {
    putUint64Number(this.view, this.block + 138, value, "BridgeReport.delayErrorNs");
    return this;
  }

  setDelayErrorNsBigint(value: bigint): this {
    putUint64(this.view, this.block + 138, value, "BridgeReport.delayErrorNs");
    return this;
  }

  setDelayErrorNsNull(): this {
    return this.setDelayErrorNs(4294967295, 4294967295);
  }

  /** Begins readers, of `count` entries, which are then written one by one. */
  readersCount(count: number): BridgeReportReadersEncoder {
    this.enter(0);
    return this.readersEncoder.begin(count);
  }
}

/** What tools need to know of BridgeReport. */
export const BRIDGE_REPORT_INFO: MessageInfo = {
  kind: "message",
  name: "BridgeReport",
  schemaId: 902,
  templateId: 77,
  version: 3,
  blockLength: 146,
  fields: [
    fieldInfo("streamId", 1, "uint32", 0),
    fieldInfo("toStreamId", 2, "uint32", 4),
    fieldInfo("instance", 3, "uint64", 8),
    fieldInfo("receiver", 4, "uint64", 16),
    fieldInfo("echoNs", 5, "uint64", 24),
    fieldInfo("heldNs", 6, "uint64", 32),
    fieldInfo("monotonicNs", 7, "uint64", 40),
    fieldInfo("delayNs", 8, "uint64", 48),
    fieldInfo("firstSent", 9, "uint64", 56),
    fieldInfo("lastSent", 10, "uint64", 64),
    fieldInfo("delivered", 11, "uint64", 72),
    fieldInfo("noSlot", 12, "uint64", 80),
    fieldInfo("refused", 13, "uint64", 88),
    fieldInfo("incomplete", 14, "uint64", 96),
    fieldInfo("epochChange", 15, "uint64", 104),
    fieldInfo("checksum", 16, "uint64", 112),
    fieldInfo("naks", 17, "uint64", 120),
    fieldInfo("windowBytes", 18, "uint32", 128),
    fieldInfo("socketBufferBytes", 19, "uint32", 132),
    fieldInfo("consumers", 20, "uint16", 136),
    fieldInfo("delayErrorNs", 22, "uint64", 138, { nullValue: "18446744073709551615" }),
  ],
  groups: [
    {
      name: "readers",
      id: 21,
      blockLength: 44,
      fields: [
        fieldInfo("consumerId", 1, "uint32", 0),
        fieldInfo("accepted", 2, "uint64", 4),
        fieldInfo("gap", 3, "uint64", 12),
        fieldInfo("late", 4, "uint64", 20),
        fieldInfo("sinkTooSlow", 5, "uint64", 28),
        fieldInfo("other", 6, "uint64", 36),
      ],
      groups: [],
      data: [],
    },
  ],
  data: [],
  createDecoder: () => new BridgeReportDecoder(),
  createEncoder: () => new BridgeReportEncoder(),
};
