// Generated from schemas/control-900.xml (id 900, version 1): change that, then run `npm run generate`.
import { asciiAt } from "../../runtime/bytes.ts";
import { MessageDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { MessageEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type MessageInfo } from "../../runtime/info.ts";
import type { Refusal } from "../../runtime/refusal.ts";
import { NO_VIEW } from "../../runtime/scan.ts";
import { dataShape, messageShape } from "../../runtime/shapes.ts";
import { putUint64, putUint64Number } from "../../runtime/words.ts";

const MESSAGE = messageShape("DataSourceAnnounce", 900, 7, 1, [20]);
const NAME = dataShape("DataSourceAnnounce", "name", true);
const SUMMARY = dataShape("DataSourceAnnounce", "summary", true);

/** Reads DataSourceAnnounce in place. A stream's name. */
export class DataSourceAnnounceDecoder extends MessageDecoder {
  static readonly NAME = "DataSourceAnnounce";
  static readonly SCHEMA_ID = 900;
  static readonly TEMPLATE_ID = 7;
  static readonly BLOCK_LENGTH = 20;
  /** What `messageKeyAt` says for this message. */
  static readonly KEY = 58982407;

  /** Where the bytes of name begin in the view. */
  nameOffset = 0;
  nameLength = 0;
  /** Where the bytes of summary begin in the view. */
  summaryOffset = 0;
  summaryLength = 0;

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

    refused = scan.data(NAME);
    if (refused !== null) return refused;
    this.nameLength = scan.dataLength;
    this.nameOffset = scan.position - scan.dataLength;
    refused = scan.data(SUMMARY);
    if (refused !== null) return refused;
    this.summaryLength = scan.dataLength;
    this.summaryOffset = scan.position - scan.dataLength;
    return scan.finish(MESSAGE);
  }

  get streamId(): number {
    return this.view.getUint32(this.block, true);
  }

  get producerId(): number {
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

  get metaVersion(): number {
    return this.view.getUint32(this.block + 16, true);
  }

  /** The string. Allocates. */
  name(): string {
    return asciiAt(this.view, this.nameOffset, this.nameLength);
  }

  /** The string. Allocates. */
  summary(): string {
    return asciiAt(this.view, this.summaryOffset, this.summaryLength);
  }
}

const HEADER = { name: "DataSourceAnnounce", blockLength: 20, templateId: 7, schemaId: 900, version: 1 };

/** Writes DataSourceAnnounce in place. */
export class DataSourceAnnounceEncoder extends MessageEncoder {
  constructor() {
    super("DataSourceAnnounce", ["name", "summary"]);
  }

  override wrap(view: DataView, offset: number, limit: number): this {
    this.begin(view, offset, limit, HEADER);
    const block = this.block;

    view.setUint32(block, 0, true);
    view.setUint32(block + 4, 0, true);
    view.setUint32(block + 8, 0, true);
    view.setUint32(block + 12, 0, true);
    view.setUint32(block + 16, 0, true);
    return this;
  }

  setStreamId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("DataSourceAnnounce.streamId", "0 to 4294967295", value);
    this.view.setUint32(this.block, value, true);
    return this;
  }

  setProducerId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("DataSourceAnnounce.producerId", "0 to 4294967295", value);
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
    putUint64Number(this.view, this.block + 8, value, "DataSourceAnnounce.epoch");
    return this;
  }

  setEpochBigint(value: bigint): this {
    putUint64(this.view, this.block + 8, value, "DataSourceAnnounce.epoch");
    return this;
  }

  setMetaVersion(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("DataSourceAnnounce.metaVersion", "0 to 4294967295", value);
    this.view.setUint32(this.block + 16, value, true);
    return this;
  }

  putName(text: string): this {
    this.putAscii(0, text);
    return this;
  }

  putSummary(text: string): this {
    this.putAscii(1, text);
    return this;
  }
}

/** What tools need to know of DataSourceAnnounce. */
export const DATA_SOURCE_ANNOUNCE_INFO: MessageInfo = {
  kind: "message",
  name: "DataSourceAnnounce",
  schemaId: 900,
  templateId: 7,
  version: 1,
  blockLength: 20,
  fields: [
    fieldInfo("streamId", 1, "uint32", 0),
    fieldInfo("producerId", 2, "uint32", 4),
    fieldInfo("epoch", 3, "uint64", 8),
    fieldInfo("metaVersion", 4, "uint32", 16),
  ],
  groups: [],
  data: [
    { name: "name", id: 5, ascii: true },
    { name: "summary", id: 6, ascii: true },
  ],
  createDecoder: () => new DataSourceAnnounceDecoder(),
  createEncoder: () => new DataSourceAnnounceEncoder(),
};
