// Generated from schemas/control-900.xml (id 900, version 1): change that, then run `npm run generate`.
import { MessageDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { MessageEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type MessageInfo } from "../../runtime/info.ts";
import { type Refusal, refusal } from "../../runtime/refusal.ts";
import { NO_VIEW } from "../../runtime/scan.ts";
import { messageShape } from "../../runtime/shapes.ts";
import { BOOL_INFO, type Bool, isBool, isMode, MODE_INFO, type Mode } from "./enums.ts";

const MESSAGE = messageShape("ConsumerHello", 900, 2, 1, [29]);
const SUPPORTS_SHM_REFUSED = refusal("enum", "ConsumerHello", "supportsShm", "a code of Bool");
const SUPPORTS_PROGRESS_REFUSED = refusal("enum", "ConsumerHello", "supportsProgress", "a code of Bool");
const MODE_REFUSED = refusal("enum", "ConsumerHello", "mode", "a code of Mode");

/** Reads ConsumerHello in place. A consumer and what it can do. */
export class ConsumerHelloDecoder extends MessageDecoder {
  static readonly NAME = "ConsumerHello";
  static readonly SCHEMA_ID = 900;
  static readonly TEMPLATE_ID = 2;
  static readonly BLOCK_LENGTH = 29;
  /** What `messageKeyAt` says for this message. */
  static readonly KEY = 58982402;

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

    const supportsShmCode = view.getUint8(block + 8);
    if (!isBool(supportsShmCode)) return scan.refuse(SUPPORTS_SHM_REFUSED, block + 8, supportsShmCode);

    const supportsProgressCode = view.getUint8(block + 9);
    if (!isBool(supportsProgressCode)) return scan.refuse(SUPPORTS_PROGRESS_REFUSED, block + 9, supportsProgressCode);

    const modeCode = view.getUint8(block + 10);
    if (!isMode(modeCode)) return scan.refuse(MODE_REFUSED, block + 10, modeCode);

    return scan.finish(MESSAGE);
  }

  get streamId(): number {
    return this.view.getUint32(this.block, true);
  }

  get consumerId(): number {
    return this.view.getUint32(this.block + 4, true);
  }

  get supportsShm(): Bool {
    return this.view.getUint8(this.block + 8) as Bool;
  }

  get supportsProgress(): Bool {
    return this.view.getUint8(this.block + 9) as Bool;
  }

  get mode(): Mode {
    return this.view.getUint8(this.block + 10) as Mode;
  }

  /** 0: unlimited. */
  get maxRateHz(): number {
    return this.view.getUint16(this.block + 11, true);
  }

  get expectedLayoutVersion(): number {
    return this.view.getUint32(this.block + 13, true);
  }

  static readonly progressIntervalUsNull = 4294967295;

  get progressIntervalUs(): number {
    return this.view.getUint32(this.block + 17, true);
  }

  get hasProgressIntervalUs(): boolean {
    return this.view.getUint32(this.block + 17, true) !== 4294967295;
  }

  static readonly progressBytesDeltaNull = 4294967295;

  get progressBytesDelta(): number {
    return this.view.getUint32(this.block + 21, true);
  }

  get hasProgressBytesDelta(): boolean {
    return this.view.getUint32(this.block + 21, true) !== 4294967295;
  }

  static readonly progressRowsDeltaNull = 4294967295;

  get progressRowsDelta(): number {
    return this.view.getUint32(this.block + 25, true);
  }

  get hasProgressRowsDelta(): boolean {
    return this.view.getUint32(this.block + 25, true) !== 4294967295;
  }
}

const HEADER = { name: "ConsumerHello", blockLength: 29, templateId: 2, schemaId: 900, version: 1 };

/** Writes ConsumerHello in place. */
export class ConsumerHelloEncoder extends MessageEncoder {
  /** Bytes of the whole message with its SBE header. */
  static readonly ENCODED_LENGTH = 37;

  constructor() {
    super("ConsumerHello", []);
  }

  override wrap(view: DataView, offset: number, limit: number): this {
    this.begin(view, offset, limit, HEADER);
    const block = this.block;

    view.setUint32(block, 0, true);
    view.setUint32(block + 4, 0, true);
    view.setUint8(block + 8, 0);
    view.setUint8(block + 9, 0);
    view.setUint8(block + 10, 0);
    view.setUint16(block + 11, 0, true);
    view.setUint32(block + 13, 0, true);
    view.setUint32(block + 17, 4294967295, true);
    view.setUint32(block + 21, 4294967295, true);
    view.setUint32(block + 25, 4294967295, true);
    return this;
  }

  setStreamId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ConsumerHello.streamId", "0 to 4294967295", value);
    this.view.setUint32(this.block, value, true);
    return this;
  }

  setConsumerId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ConsumerHello.consumerId", "0 to 4294967295", value);
    this.view.setUint32(this.block + 4, value, true);
    return this;
  }

  setSupportsShm(value: number): this {
    if (!isBool(value)) throw outOfRange("ConsumerHello.supportsShm", "a code of Bool", value);
    this.view.setUint8(this.block + 8, value);
    return this;
  }

  setSupportsProgress(value: number): this {
    if (!isBool(value)) throw outOfRange("ConsumerHello.supportsProgress", "a code of Bool", value);
    this.view.setUint8(this.block + 9, value);
    return this;
  }

  setMode(value: number): this {
    if (!isMode(value)) throw outOfRange("ConsumerHello.mode", "a code of Mode", value);
    this.view.setUint8(this.block + 10, value);
    return this;
  }

  /** 0: unlimited. */
  setMaxRateHz(value: number): this {
    if ((value & 0xffff) !== value) throw outOfRange("ConsumerHello.maxRateHz", "0 to 65535", value);
    this.view.setUint16(this.block + 11, value, true);
    return this;
  }

  setExpectedLayoutVersion(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ConsumerHello.expectedLayoutVersion", "0 to 4294967295", value);
    this.view.setUint32(this.block + 13, value, true);
    return this;
  }

  setProgressIntervalUs(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ConsumerHello.progressIntervalUs", "0 to 4294967295", value);
    this.view.setUint32(this.block + 17, value, true);
    return this;
  }

  setProgressIntervalUsNull(): this {
    this.view.setUint32(this.block + 17, 4294967295, true);
    return this;
  }

  setProgressBytesDelta(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ConsumerHello.progressBytesDelta", "0 to 4294967295", value);
    this.view.setUint32(this.block + 21, value, true);
    return this;
  }

  setProgressBytesDeltaNull(): this {
    this.view.setUint32(this.block + 21, 4294967295, true);
    return this;
  }

  setProgressRowsDelta(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ConsumerHello.progressRowsDelta", "0 to 4294967295", value);
    this.view.setUint32(this.block + 25, value, true);
    return this;
  }

  setProgressRowsDeltaNull(): this {
    this.view.setUint32(this.block + 25, 4294967295, true);
    return this;
  }
}

/** What tools need to know of ConsumerHello. */
export const CONSUMER_HELLO_INFO: MessageInfo = {
  kind: "message",
  name: "ConsumerHello",
  schemaId: 900,
  templateId: 2,
  version: 1,
  blockLength: 29,
  fields: [
    fieldInfo("streamId", 1, "uint32", 0),
    fieldInfo("consumerId", 2, "uint32", 4),
    fieldInfo("supportsShm", 3, "uint8", 8, { codes: BOOL_INFO }),
    fieldInfo("supportsProgress", 4, "uint8", 9, { codes: BOOL_INFO }),
    fieldInfo("mode", 5, "uint8", 10, { codes: MODE_INFO }),
    fieldInfo("maxRateHz", 6, "uint16", 11),
    fieldInfo("expectedLayoutVersion", 7, "uint32", 13),
    fieldInfo("progressIntervalUs", 8, "uint32", 17, { nullValue: "4294967295" }),
    fieldInfo("progressBytesDelta", 9, "uint32", 21, { nullValue: "4294967295" }),
    fieldInfo("progressRowsDelta", 10, "uint32", 25, { nullValue: "4294967295" }),
  ],
  groups: [],
  data: [],
  createDecoder: () => new ConsumerHelloDecoder(),
  createEncoder: () => new ConsumerHelloEncoder(),
};
