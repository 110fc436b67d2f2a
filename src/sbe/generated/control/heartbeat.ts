// Generated from schemas/control-900.xml (id 900, version 1): change that, then run `npm run generate`.
import { MessageDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { MessageEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type MessageInfo } from "../../runtime/info.ts";
import type { Refusal } from "../../runtime/refusal.ts";
import { NO_VIEW } from "../../runtime/scan.ts";
import { messageShape } from "../../runtime/shapes.ts";
import { putUint64, putUint64Number } from "../../runtime/words.ts";

const MESSAGE = messageShape("Heartbeat", 900, 10, 1, [24]);

/** Reads Heartbeat in place. A producer is alive. */
export class HeartbeatDecoder extends MessageDecoder {
  static readonly NAME = "Heartbeat";
  static readonly SCHEMA_ID = 900;
  static readonly TEMPLATE_ID = 10;
  static readonly BLOCK_LENGTH = 24;
  /** What `messageKeyAt` says for this message. */
  static readonly KEY = 58982410;

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

  /** Allocates. */
  get timestampNs(): bigint {
    return this.view.getBigUint64(this.block + 16, true);
  }

  /** The upper 32 bits, unsigned. */
  get timestampNsHigh(): number {
    return this.view.getUint32(this.block + 20, true);
  }

  /** The lower 32 bits, unsigned. */
  get timestampNsLow(): number {
    return this.view.getUint32(this.block + 16, true);
  }

  /** Exact up to 2^53. */
  get timestampNsNumber(): number {
    return this.view.getUint32(this.block + 20, true) * 4294967296 + this.view.getUint32(this.block + 16, true);
  }
}

const HEADER = { name: "Heartbeat", blockLength: 24, templateId: 10, schemaId: 900, version: 1 };

/** Writes Heartbeat in place. */
export class HeartbeatEncoder extends MessageEncoder {
  /** Bytes of the whole message with its SBE header. */
  static readonly ENCODED_LENGTH = 32;

  constructor() {
    super("Heartbeat", []);
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
    return this;
  }

  setStreamId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("Heartbeat.streamId", "0 to 4294967295", value);
    this.view.setUint32(this.block, value, true);
    return this;
  }

  setProducerId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("Heartbeat.producerId", "0 to 4294967295", value);
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
    putUint64Number(this.view, this.block + 8, value, "Heartbeat.epoch");
    return this;
  }

  setEpochBigint(value: bigint): this {
    putUint64(this.view, this.block + 8, value, "Heartbeat.epoch");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setTimestampNs(high: number, low: number): this {
    this.view.setUint32(this.block + 16, low, true);
    this.view.setUint32(this.block + 20, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setTimestampNsNumber(value: number): this {
    putUint64Number(this.view, this.block + 16, value, "Heartbeat.timestampNs");
    return this;
  }

  setTimestampNsBigint(value: bigint): this {
    putUint64(this.view, this.block + 16, value, "Heartbeat.timestampNs");
    return this;
  }
}

/** What tools need to know of Heartbeat. */
export const HEARTBEAT_INFO: MessageInfo = {
  kind: "message",
  name: "Heartbeat",
  schemaId: 900,
  templateId: 10,
  version: 1,
  blockLength: 24,
  fields: [
    fieldInfo("streamId", 1, "uint32", 0),
    fieldInfo("producerId", 2, "uint32", 4),
    fieldInfo("epoch", 3, "uint64", 8),
    fieldInfo("timestampNs", 4, "uint64", 16),
  ],
  groups: [],
  data: [],
  createDecoder: () => new HeartbeatDecoder(),
  createEncoder: () => new HeartbeatEncoder(),
};
