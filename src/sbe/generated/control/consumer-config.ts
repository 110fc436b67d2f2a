// Generated from schemas/control-900.xml (id 900, version 1): change that, then run `npm run generate`.
import { asciiAt } from "../../runtime/bytes.ts";
import { MessageDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { MessageEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type MessageInfo } from "../../runtime/info.ts";
import { type Refusal, refusal } from "../../runtime/refusal.ts";
import { NO_VIEW } from "../../runtime/scan.ts";
import { dataShape, messageShape } from "../../runtime/shapes.ts";
import { BOOL_INFO, type Bool, isBool, isMode, MODE_INFO, type Mode } from "./enums.ts";

const MESSAGE = messageShape("ConsumerConfig", 900, 3, 1, [12]);
const USE_SHM_REFUSED = refusal("enum", "ConsumerConfig", "useShm", "a code of Bool");
const MODE_REFUSED = refusal("enum", "ConsumerConfig", "mode", "a code of Mode");
const PAYLOAD_FALLBACK_URI = dataShape("ConsumerConfig", "payloadFallbackUri", true);

/** Reads ConsumerConfig in place. How a consumer has to read. */
export class ConsumerConfigDecoder extends MessageDecoder {
  static readonly NAME = "ConsumerConfig";
  static readonly SCHEMA_ID = 900;
  static readonly TEMPLATE_ID = 3;
  static readonly BLOCK_LENGTH = 12;
  /** What `messageKeyAt` says for this message. */
  static readonly KEY = 58982403;

  /** Where the bytes of payloadFallbackUri begin in the view. */
  payloadFallbackUriOffset = 0;
  payloadFallbackUriLength = 0;

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

    const useShmCode = view.getUint8(block + 8);
    if (!isBool(useShmCode)) return scan.refuse(USE_SHM_REFUSED, block + 8, useShmCode);

    const modeCode = view.getUint8(block + 9);
    if (!isMode(modeCode)) return scan.refuse(MODE_REFUSED, block + 9, modeCode);
    refused = scan.data(PAYLOAD_FALLBACK_URI);
    if (refused !== null) return refused;
    this.payloadFallbackUriLength = scan.dataLength;
    this.payloadFallbackUriOffset = scan.position - scan.dataLength;
    return scan.finish(MESSAGE);
  }

  get streamId(): number {
    return this.view.getUint32(this.block, true);
  }

  get consumerId(): number {
    return this.view.getUint32(this.block + 4, true);
  }

  get useShm(): Bool {
    return this.view.getUint8(this.block + 8) as Bool;
  }

  get mode(): Mode {
    return this.view.getUint8(this.block + 9) as Mode;
  }

  /** Used with DECIMATED; 1: every frame. */
  get decimation(): number {
    return this.view.getUint16(this.block + 10, true);
  }

  /** The string. Allocates. */
  payloadFallbackUri(): string {
    return asciiAt(this.view, this.payloadFallbackUriOffset, this.payloadFallbackUriLength);
  }
}

const HEADER = { name: "ConsumerConfig", blockLength: 12, templateId: 3, schemaId: 900, version: 1 };

/** Writes ConsumerConfig in place. */
export class ConsumerConfigEncoder extends MessageEncoder {
  constructor() {
    super("ConsumerConfig", ["payloadFallbackUri"]);
  }

  override wrap(view: DataView, offset: number, limit: number): this {
    this.begin(view, offset, limit, HEADER);
    const block = this.block;

    view.setUint32(block, 0, true);
    view.setUint32(block + 4, 0, true);
    view.setUint8(block + 8, 0);
    view.setUint8(block + 9, 0);
    view.setUint16(block + 10, 0, true);
    return this;
  }

  setStreamId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ConsumerConfig.streamId", "0 to 4294967295", value);
    this.view.setUint32(this.block, value, true);
    return this;
  }

  setConsumerId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ConsumerConfig.consumerId", "0 to 4294967295", value);
    this.view.setUint32(this.block + 4, value, true);
    return this;
  }

  setUseShm(value: number): this {
    if (!isBool(value)) throw outOfRange("ConsumerConfig.useShm", "a code of Bool", value);
    this.view.setUint8(this.block + 8, value);
    return this;
  }

  setMode(value: number): this {
    if (!isMode(value)) throw outOfRange("ConsumerConfig.mode", "a code of Mode", value);
    this.view.setUint8(this.block + 9, value);
    return this;
  }

  /** Used with DECIMATED; 1: every frame. */
  setDecimation(value: number): this {
    if ((value & 0xffff) !== value) throw outOfRange("ConsumerConfig.decimation", "0 to 65535", value);
    this.view.setUint16(this.block + 10, value, true);
    return this;
  }

  putPayloadFallbackUri(text: string): this {
    this.putAscii(0, text);
    return this;
  }
}

/** What tools need to know of ConsumerConfig. */
export const CONSUMER_CONFIG_INFO: MessageInfo = {
  kind: "message",
  name: "ConsumerConfig",
  schemaId: 900,
  templateId: 3,
  version: 1,
  blockLength: 12,
  fields: [
    fieldInfo("streamId", 1, "uint32", 0),
    fieldInfo("consumerId", 2, "uint32", 4),
    fieldInfo("useShm", 3, "uint8", 8, { codes: BOOL_INFO }),
    fieldInfo("mode", 4, "uint8", 9, { codes: MODE_INFO }),
    fieldInfo("decimation", 5, "uint16", 10),
  ],
  groups: [],
  data: [{ name: "payloadFallbackUri", id: 6, ascii: true }],
  createDecoder: () => new ConsumerConfigDecoder(),
  createEncoder: () => new ConsumerConfigEncoder(),
};
