// Generated from schemas/driver-901.xml (id 901, version 1): change that, then run `npm run generate`.
import { asciiAt } from "../../runtime/bytes.ts";
import { GroupDecoder, MessageDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { type EncodeCursor, GroupEncoder, MessageEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type MessageInfo } from "../../runtime/info.ts";
import { type Refusal, refusal } from "../../runtime/refusal.ts";
import { NO_VIEW, type Scan } from "../../runtime/scan.ts";
import { dataShape, groupShape, messageShape } from "../../runtime/shapes.ts";
import { putInt64, putInt64Number, putUint64, putUint64Number } from "../../runtime/words.ts";
import { isResponseCode, RESPONSE_CODE_INFO, type ResponseCode } from "./enums.ts";

const MESSAGE = messageShape("ShmAttachResponse", 901, 2, 1, [51]);
const CODE_REFUSED = refusal("enum", "ShmAttachResponse", "code", "a code of ResponseCode");
const PAYLOAD_POOLS = groupShape("ShmAttachResponse", "payloadPools", 1, [10], 4);
const PAYLOAD_POOLS_REGION_URI = dataShape("ShmAttachResponse", "payloadPools.regionUri", true);
const HEADER_REGION_URI = dataShape("ShmAttachResponse", "headerRegionUri", true);
const ERROR_MESSAGE = dataShape("ShmAttachResponse", "errorMessage", true);

/** Reads the entries of ShmAttachResponse.payloadPools. */
export class ShmAttachResponsePayloadPoolsDecoder extends GroupDecoder {
  /** Where the bytes of regionUri begin in the view. */
  regionUriOffset = 0;
  regionUriLength = 0;

  override check(scan: Scan): Refusal | null {
    let refused = scan.group(PAYLOAD_POOLS);
    if (refused !== null) return refused;
    this.begin(scan);

    for (let left = scan.entries; left > 0; left--) {
      refused = scan.entry(10, PAYLOAD_POOLS);
      if (refused !== null) return refused;

      refused = scan.data(PAYLOAD_POOLS_REGION_URI);
      if (refused !== null) return refused;
    }
    return null;
  }

  protected override locate(): number {
    let position = this.block + 10;

    this.regionUriLength = this.view.getUint32(position, true);
    this.regionUriOffset = position + 4;
    position += 4 + this.regionUriLength;
    return position;
  }

  get poolId(): number {
    return this.view.getUint16(this.block, true);
  }

  get poolNslots(): number {
    return this.view.getUint32(this.block + 2, true);
  }

  get strideBytes(): number {
    return this.view.getUint32(this.block + 6, true);
  }

  /** The string. Allocates. */
  regionUri(): string {
    return asciiAt(this.view, this.regionUriOffset, this.regionUriLength);
  }
}

/** Reads ShmAttachResponse in place. A lease and where its regions are, or why not. */
export class ShmAttachResponseDecoder extends MessageDecoder {
  static readonly NAME = "ShmAttachResponse";
  static readonly SCHEMA_ID = 901;
  static readonly TEMPLATE_ID = 2;
  static readonly BLOCK_LENGTH = 51;
  /** What `messageKeyAt` says for this message. */
  static readonly KEY = 59047938;

  readonly payloadPools = new ShmAttachResponsePayloadPoolsDecoder();
  /** Where the bytes of headerRegionUri begin in the view. */
  headerRegionUriOffset = 0;
  headerRegionUriLength = 0;
  /** Where the bytes of errorMessage begin in the view. */
  errorMessageOffset = 0;
  errorMessageLength = 0;

  override wrap(view: DataView, offset: number, length: number): Refusal | null {
    const refused = this.check(view, offset, length);
    this.view = refused === null ? view : NO_VIEW;
    if (refused !== null) {
      this.payloadPools.clear();
    }
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
    refused = this.payloadPools.check(scan);
    if (refused !== null) return refused;
    refused = scan.data(HEADER_REGION_URI);
    if (refused !== null) return refused;
    this.headerRegionUriLength = scan.dataLength;
    this.headerRegionUriOffset = scan.position - scan.dataLength;
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

  static readonly leaseIdNull = 18446744073709551615n;

  /** Allocates. */
  get leaseId(): bigint {
    return this.view.getBigUint64(this.block + 12, true);
  }

  /** The upper 32 bits, unsigned. */
  get leaseIdHigh(): number {
    return this.view.getUint32(this.block + 16, true);
  }

  /** The lower 32 bits, unsigned. */
  get leaseIdLow(): number {
    return this.view.getUint32(this.block + 12, true);
  }

  /** Exact up to 2^53. */
  get leaseIdNumber(): number {
    return this.view.getUint32(this.block + 16, true) * 4294967296 + this.view.getUint32(this.block + 12, true);
  }

  get hasLeaseId(): boolean {
    return this.leaseIdLow !== 4294967295 || this.leaseIdHigh !== 4294967295;
  }

  static readonly leaseExpiryTimestampNsNull = 18446744073709551615n;

  /** Allocates. */
  get leaseExpiryTimestampNs(): bigint {
    return this.view.getBigUint64(this.block + 20, true);
  }

  /** The upper 32 bits, unsigned. */
  get leaseExpiryTimestampNsHigh(): number {
    return this.view.getUint32(this.block + 24, true);
  }

  /** The lower 32 bits, unsigned. */
  get leaseExpiryTimestampNsLow(): number {
    return this.view.getUint32(this.block + 20, true);
  }

  /** Exact up to 2^53. */
  get leaseExpiryTimestampNsNumber(): number {
    return this.view.getUint32(this.block + 24, true) * 4294967296 + this.view.getUint32(this.block + 20, true);
  }

  get hasLeaseExpiryTimestampNs(): boolean {
    return this.leaseExpiryTimestampNsLow !== 4294967295 || this.leaseExpiryTimestampNsHigh !== 4294967295;
  }

  static readonly streamIdNull = 4294967295;

  get streamId(): number {
    return this.view.getUint32(this.block + 28, true);
  }

  get hasStreamId(): boolean {
    return this.view.getUint32(this.block + 28, true) !== 4294967295;
  }

  static readonly epochNull = 18446744073709551615n;

  /** Allocates. */
  get epoch(): bigint {
    return this.view.getBigUint64(this.block + 32, true);
  }

  /** The upper 32 bits, unsigned. */
  get epochHigh(): number {
    return this.view.getUint32(this.block + 36, true);
  }

  /** The lower 32 bits, unsigned. */
  get epochLow(): number {
    return this.view.getUint32(this.block + 32, true);
  }

  /** Exact up to 2^53. */
  get epochNumber(): number {
    return this.view.getUint32(this.block + 36, true) * 4294967296 + this.view.getUint32(this.block + 32, true);
  }

  get hasEpoch(): boolean {
    return this.epochLow !== 4294967295 || this.epochHigh !== 4294967295;
  }

  static readonly layoutVersionNull = 4294967295;

  get layoutVersion(): number {
    return this.view.getUint32(this.block + 40, true);
  }

  get hasLayoutVersion(): boolean {
    return this.view.getUint32(this.block + 40, true) !== 4294967295;
  }

  static readonly headerNslotsNull = 4294967295;

  get headerNslots(): number {
    return this.view.getUint32(this.block + 44, true);
  }

  get hasHeaderNslots(): boolean {
    return this.view.getUint32(this.block + 44, true) !== 4294967295;
  }

  static readonly headerSlotBytesNull = 65535;

  get headerSlotBytes(): number {
    return this.view.getUint16(this.block + 48, true);
  }

  get hasHeaderSlotBytes(): boolean {
    return this.view.getUint16(this.block + 48, true) !== 65535;
  }

  static readonly maxDimsNull = 255;

  get maxDims(): number {
    return this.view.getUint8(this.block + 50);
  }

  get hasMaxDims(): boolean {
    return this.view.getUint8(this.block + 50) !== 255;
  }

  /** The string. Allocates. */
  headerRegionUri(): string {
    return asciiAt(this.view, this.headerRegionUriOffset, this.headerRegionUriLength);
  }

  /** The string. Allocates. */
  errorMessage(): string {
    return asciiAt(this.view, this.errorMessageOffset, this.errorMessageLength);
  }
}

/** Writes the entries of ShmAttachResponse.payloadPools: `next()` before each. */
export class ShmAttachResponsePayloadPoolsEncoder extends GroupEncoder {
  constructor(cursor: EncodeCursor) {
    super(cursor, "ShmAttachResponse.payloadPools", ["regionUri"], 10);
  }

  protected override initialise(): void {
    const block = this.block;
    const view = this.view;
    view.setUint16(block, 0, true);
    view.setUint32(block + 2, 0, true);
    view.setUint32(block + 6, 0, true);
  }

  setPoolId(value: number): this {
    if ((value & 0xffff) !== value) throw outOfRange("ShmAttachResponse.payloadPools.poolId", "0 to 65535", value);
    this.view.setUint16(this.block, value, true);
    return this;
  }

  setPoolNslots(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmAttachResponse.payloadPools.poolNslots", "0 to 4294967295", value);
    this.view.setUint32(this.block + 2, value, true);
    return this;
  }

  setStrideBytes(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmAttachResponse.payloadPools.strideBytes", "0 to 4294967295", value);
    this.view.setUint32(this.block + 6, value, true);
    return this;
  }

  putRegionUri(text: string): this {
    this.putAscii(0, text);
    return this;
  }
}

const HEADER = { name: "ShmAttachResponse", blockLength: 51, templateId: 2, schemaId: 901, version: 1 };

/** Writes ShmAttachResponse in place. */
export class ShmAttachResponseEncoder extends MessageEncoder {
  private readonly payloadPoolsEncoder: ShmAttachResponsePayloadPoolsEncoder;

  constructor() {
    super("ShmAttachResponse", ["payloadPools", "headerRegionUri", "errorMessage"]);
    this.payloadPoolsEncoder = new ShmAttachResponsePayloadPoolsEncoder(this.cursor);
  }

  override wrap(view: DataView, offset: number, limit: number): this {
    this.begin(view, offset, limit, HEADER);
    const block = this.block;

    view.setUint32(block, 0, true);
    view.setUint32(block + 4, 0, true);
    view.setInt32(block + 8, 0, true);
    view.setUint32(block + 12, 4294967295, true);
    view.setUint32(block + 16, 4294967295, true);
    view.setUint32(block + 20, 4294967295, true);
    view.setUint32(block + 24, 4294967295, true);
    view.setUint32(block + 28, 4294967295, true);
    view.setUint32(block + 32, 4294967295, true);
    view.setUint32(block + 36, 4294967295, true);
    view.setUint32(block + 40, 4294967295, true);
    view.setUint32(block + 44, 4294967295, true);
    view.setUint16(block + 48, 65535, true);
    view.setUint8(block + 50, 255);
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
    putInt64Number(this.view, this.block, value, "ShmAttachResponse.correlationId");
    return this;
  }

  setCorrelationIdBigint(value: bigint): this {
    putInt64(this.view, this.block, value, "ShmAttachResponse.correlationId");
    return this;
  }

  setCode(value: number): this {
    if (!isResponseCode(value)) throw outOfRange("ShmAttachResponse.code", "a code of ResponseCode", value);
    this.view.setInt32(this.block + 8, value, true);
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setLeaseId(high: number, low: number): this {
    this.view.setUint32(this.block + 12, low, true);
    this.view.setUint32(this.block + 16, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setLeaseIdNumber(value: number): this {
    putUint64Number(this.view, this.block + 12, value, "ShmAttachResponse.leaseId");
    return this;
  }

  setLeaseIdBigint(value: bigint): this {
    putUint64(this.view, this.block + 12, value, "ShmAttachResponse.leaseId");
    return this;
  }

  setLeaseIdNull(): this {
    return this.setLeaseId(4294967295, 4294967295);
  }

  /** From two words of 32 bits, of either sign. */
  setLeaseExpiryTimestampNs(high: number, low: number): this {
    this.view.setUint32(this.block + 20, low, true);
    this.view.setUint32(this.block + 24, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setLeaseExpiryTimestampNsNumber(value: number): this {
    putUint64Number(this.view, this.block + 20, value, "ShmAttachResponse.leaseExpiryTimestampNs");
    return this;
  }

  setLeaseExpiryTimestampNsBigint(value: bigint): this {
    putUint64(this.view, this.block + 20, value, "ShmAttachResponse.leaseExpiryTimestampNs");
    return this;
  }

  setLeaseExpiryTimestampNsNull(): this {
    return this.setLeaseExpiryTimestampNs(4294967295, 4294967295);
  }

  setStreamId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmAttachResponse.streamId", "0 to 4294967295", value);
    this.view.setUint32(this.block + 28, value, true);
    return this;
  }

  setStreamIdNull(): this {
    this.view.setUint32(this.block + 28, 4294967295, true);
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setEpoch(high: number, low: number): this {
    this.view.setUint32(this.block + 32, low, true);
    this.view.setUint32(this.block + 36, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setEpochNumber(value: number): this {
    putUint64Number(this.view, this.block + 32, value, "ShmAttachResponse.epoch");
    return this;
  }

  setEpochBigint(value: bigint): this {
    putUint64(this.view, this.block + 32, value, "ShmAttachResponse.epoch");
    return this;
  }

  setEpochNull(): this {
    return this.setEpoch(4294967295, 4294967295);
  }

  setLayoutVersion(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmAttachResponse.layoutVersion", "0 to 4294967295", value);
    this.view.setUint32(this.block + 40, value, true);
    return this;
  }

  setLayoutVersionNull(): this {
    this.view.setUint32(this.block + 40, 4294967295, true);
    return this;
  }

  setHeaderNslots(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmAttachResponse.headerNslots", "0 to 4294967295", value);
    this.view.setUint32(this.block + 44, value, true);
    return this;
  }

  setHeaderNslotsNull(): this {
    this.view.setUint32(this.block + 44, 4294967295, true);
    return this;
  }

  setHeaderSlotBytes(value: number): this {
    if ((value & 0xffff) !== value) throw outOfRange("ShmAttachResponse.headerSlotBytes", "0 to 65535", value);
    this.view.setUint16(this.block + 48, value, true);
    return this;
  }

  setHeaderSlotBytesNull(): this {
    this.view.setUint16(this.block + 48, 65535, true);
    return this;
  }

  setMaxDims(value: number): this {
    if ((value & 0xff) !== value) throw outOfRange("ShmAttachResponse.maxDims", "0 to 255", value);
    this.view.setUint8(this.block + 50, value);
    return this;
  }

  setMaxDimsNull(): this {
    this.view.setUint8(this.block + 50, 255);
    return this;
  }

  /** Begins payloadPools, of `count` entries, which are then written one by one. */
  payloadPoolsCount(count: number): ShmAttachResponsePayloadPoolsEncoder {
    this.enter(0);
    return this.payloadPoolsEncoder.begin(count);
  }

  putHeaderRegionUri(text: string): this {
    this.payloadPoolsEncoder.assertComplete();
    this.putAscii(1, text);
    return this;
  }

  putErrorMessage(text: string): this {
    this.putAscii(2, text);
    return this;
  }
}

/** What tools need to know of ShmAttachResponse. */
export const SHM_ATTACH_RESPONSE_INFO: MessageInfo = {
  kind: "message",
  name: "ShmAttachResponse",
  schemaId: 901,
  templateId: 2,
  version: 1,
  blockLength: 51,
  fields: [
    fieldInfo("correlationId", 1, "int64", 0),
    fieldInfo("code", 2, "int32", 8, { codes: RESPONSE_CODE_INFO }),
    fieldInfo("leaseId", 3, "uint64", 12, { nullValue: "18446744073709551615" }),
    fieldInfo("leaseExpiryTimestampNs", 4, "uint64", 20, { nullValue: "18446744073709551615" }),
    fieldInfo("streamId", 5, "uint32", 28, { nullValue: "4294967295" }),
    fieldInfo("epoch", 6, "uint64", 32, { nullValue: "18446744073709551615" }),
    fieldInfo("layoutVersion", 7, "uint32", 40, { nullValue: "4294967295" }),
    fieldInfo("headerNslots", 8, "uint32", 44, { nullValue: "4294967295" }),
    fieldInfo("headerSlotBytes", 9, "uint16", 48, { nullValue: "65535" }),
    fieldInfo("maxDims", 10, "uint8", 50, { nullValue: "255" }),
  ],
  groups: [
    {
      name: "payloadPools",
      id: 20,
      blockLength: 10,
      fields: [
        fieldInfo("poolId", 1, "uint16", 0),
        fieldInfo("poolNslots", 2, "uint32", 2),
        fieldInfo("strideBytes", 3, "uint32", 6),
      ],
      groups: [],
      data: [{ name: "regionUri", id: 4, ascii: true }],
    },
  ],
  data: [
    { name: "headerRegionUri", id: 11, ascii: true },
    { name: "errorMessage", id: 30, ascii: true },
  ],
  createDecoder: () => new ShmAttachResponseDecoder(),
  createEncoder: () => new ShmAttachResponseEncoder(),
};
