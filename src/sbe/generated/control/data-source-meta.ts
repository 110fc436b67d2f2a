// Generated from schemas/control-900.xml (id 900, version 1): change that, then run `npm run generate`.
import { asciiAt, bytesAt } from "../../runtime/bytes.ts";
import { GroupDecoder, MessageDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { type EncodeCursor, GroupEncoder, MessageEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type MessageInfo } from "../../runtime/info.ts";
import type { Refusal } from "../../runtime/refusal.ts";
import { NO_VIEW, type Scan } from "../../runtime/scan.ts";
import { dataShape, groupShape, messageShape } from "../../runtime/shapes.ts";
import { putUint64, putUint64Number } from "../../runtime/words.ts";

const MESSAGE = messageShape("DataSourceMeta", 900, 8, 1, [16]);
const ATTRIBUTES = groupShape("DataSourceMeta", "attributes", 1, [0], 12);
const ATTRIBUTES_KEY = dataShape("DataSourceMeta", "attributes.key", true);
const ATTRIBUTES_FORMAT = dataShape("DataSourceMeta", "attributes.format", true);
const ATTRIBUTES_VALUE = dataShape("DataSourceMeta", "attributes.value", false);

/** Reads the entries of DataSourceMeta.attributes. */
export class DataSourceMetaAttributesDecoder extends GroupDecoder {
  /** Where the bytes of key begin in the view. */
  keyOffset = 0;
  keyLength = 0;
  /** Where the bytes of format begin in the view. */
  formatOffset = 0;
  formatLength = 0;
  /** Where the bytes of value begin in the view. */
  valueOffset = 0;
  valueLength = 0;

  override check(scan: Scan): Refusal | null {
    let refused = scan.group(ATTRIBUTES);
    if (refused !== null) return refused;
    this.begin(scan);

    for (let left = scan.entries; left > 0; left--) {
      refused = scan.entry(0, ATTRIBUTES);
      if (refused !== null) return refused;

      refused = scan.data(ATTRIBUTES_KEY);
      if (refused !== null) return refused;
      refused = scan.data(ATTRIBUTES_FORMAT);
      if (refused !== null) return refused;
      refused = scan.data(ATTRIBUTES_VALUE);
      if (refused !== null) return refused;
    }
    return null;
  }

  protected override locate(): number {
    let position = this.block + 0;

    this.keyLength = this.view.getUint32(position, true);
    this.keyOffset = position + 4;
    position += 4 + this.keyLength;

    this.formatLength = this.view.getUint32(position, true);
    this.formatOffset = position + 4;
    position += 4 + this.formatLength;

    this.valueLength = this.view.getUint32(position, true);
    this.valueOffset = position + 4;
    position += 4 + this.valueLength;
    return position;
  }

  /** The string. Allocates. */
  key(): string {
    return asciiAt(this.view, this.keyOffset, this.keyLength);
  }

  /** The string. Allocates. */
  format(): string {
    return asciiAt(this.view, this.formatOffset, this.formatLength);
  }

  /** A copy of the bytes. Allocates. */
  value(): Uint8Array<ArrayBuffer> {
    return bytesAt(this.view, this.valueOffset, this.valueLength);
  }
}

/** Reads DataSourceMeta in place. A stream's attributes. */
export class DataSourceMetaDecoder extends MessageDecoder {
  static readonly NAME = "DataSourceMeta";
  static readonly SCHEMA_ID = 900;
  static readonly TEMPLATE_ID = 8;
  static readonly BLOCK_LENGTH = 16;
  /** What `messageKeyAt` says for this message. */
  static readonly KEY = 58982408;

  readonly attributes = new DataSourceMetaAttributesDecoder();

  override wrap(view: DataView, offset: number, length: number): Refusal | null {
    const refused = this.check(view, offset, length);
    this.view = refused === null ? view : NO_VIEW;
    if (refused !== null) {
      this.attributes.clear();
    }
    return refused;
  }

  private check(view: DataView, offset: number, length: number): Refusal | null {
    const scan = this.scan;
    let refused = scan.header(view, offset, length, MESSAGE);
    if (refused !== null) return refused;
    const block = offset + 8;
    this.block = block;

    refused = this.attributes.check(scan);
    if (refused !== null) return refused;
    return scan.finish(MESSAGE);
  }

  get streamId(): number {
    return this.view.getUint32(this.block, true);
  }

  get metaVersion(): number {
    return this.view.getUint32(this.block + 4, true);
  }

  /** Allocates. */
  get timestampNs(): bigint {
    return this.view.getBigUint64(this.block + 8, true);
  }

  /** The upper 32 bits, unsigned. */
  get timestampNsHigh(): number {
    return this.view.getUint32(this.block + 12, true);
  }

  /** The lower 32 bits, unsigned. */
  get timestampNsLow(): number {
    return this.view.getUint32(this.block + 8, true);
  }

  /** Exact up to 2^53. */
  get timestampNsNumber(): number {
    return this.view.getUint32(this.block + 12, true) * 4294967296 + this.view.getUint32(this.block + 8, true);
  }
}

/** Writes the entries of DataSourceMeta.attributes: `next()` before each. */
export class DataSourceMetaAttributesEncoder extends GroupEncoder {
  constructor(cursor: EncodeCursor) {
    super(cursor, "DataSourceMeta.attributes", ["key", "format", "value"], 0);
  }

  protected override initialise(): void {}

  putKey(text: string): this {
    this.putAscii(0, text);
    return this;
  }

  putFormat(text: string): this {
    this.putAscii(1, text);
    return this;
  }

  putValue(bytes: Uint8Array): this {
    this.putBytes(2, bytes);
    return this;
  }
}

const HEADER = { name: "DataSourceMeta", blockLength: 16, templateId: 8, schemaId: 900, version: 1 };

/** Writes DataSourceMeta in place. */
export class DataSourceMetaEncoder extends MessageEncoder {
  private readonly attributesEncoder: DataSourceMetaAttributesEncoder;

  constructor() {
    super("DataSourceMeta", ["attributes"]);
    this.attributesEncoder = new DataSourceMetaAttributesEncoder(this.cursor);
  }

  override get encodedLength(): number {
    this.attributesEncoder.assertComplete();
    return super.encodedLength;
  }

  override wrap(view: DataView, offset: number, limit: number): this {
    this.begin(view, offset, limit, HEADER);
    const block = this.block;

    view.setUint32(block, 0, true);
    view.setUint32(block + 4, 0, true);
    view.setUint32(block + 8, 0, true);
    view.setUint32(block + 12, 0, true);
    return this;
  }

  setStreamId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("DataSourceMeta.streamId", "0 to 4294967295", value);
    this.view.setUint32(this.block, value, true);
    return this;
  }

  setMetaVersion(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("DataSourceMeta.metaVersion", "0 to 4294967295", value);
    this.view.setUint32(this.block + 4, value, true);
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setTimestampNs(high: number, low: number): this {
    this.view.setUint32(this.block + 8, low, true);
    this.view.setUint32(this.block + 12, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setTimestampNsNumber(value: number): this {
    putUint64Number(this.view, this.block + 8, value, "DataSourceMeta.timestampNs");
    return this;
  }

  setTimestampNsBigint(value: bigint): this {
    putUint64(this.view, this.block + 8, value, "DataSourceMeta.timestampNs");
    return this;
  }

  /** Begins attributes, of `count` entries, which are then written one by one. */
  attributesCount(count: number): DataSourceMetaAttributesEncoder {
    this.enter(0);
    return this.attributesEncoder.begin(count);
  }
}

/** What tools need to know of DataSourceMeta. */
export const DATA_SOURCE_META_INFO: MessageInfo = {
  kind: "message",
  name: "DataSourceMeta",
  schemaId: 900,
  templateId: 8,
  version: 1,
  blockLength: 16,
  fields: [
    fieldInfo("streamId", 1, "uint32", 0),
    fieldInfo("metaVersion", 2, "uint32", 4),
    fieldInfo("timestampNs", 3, "uint64", 8),
  ],
  groups: [
    {
      name: "attributes",
      id: 4,
      blockLength: 0,
      fields: [],
      groups: [],
      data: [
        { name: "key", id: 1, ascii: true },
        { name: "format", id: 2, ascii: true },
        { name: "value", id: 3, ascii: false },
      ],
    },
  ],
  data: [],
  createDecoder: () => new DataSourceMetaDecoder(),
  createEncoder: () => new DataSourceMetaEncoder(),
};
