// Generated from schemas/bridge-902.xml (id 902, version 3): change that, then run `npm run generate`.
import { MessageDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { MessageEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type MessageInfo } from "../../runtime/info.ts";
import type { Refusal } from "../../runtime/refusal.ts";
import { NO_VIEW } from "../../runtime/scan.ts";
import { messageShape } from "../../runtime/shapes.ts";
import { elementOffset } from "../../runtime/words.ts";

const MESSAGE = messageShape("BridgeWhole", 902, 75, 1, [104, 104, 104]);

/** Reads BridgeWhole in place. A frame in one message; its values follow. */
export class BridgeWholeDecoder extends MessageDecoder {
  static readonly NAME = "BridgeWhole";
  static readonly SCHEMA_ID = 902;
  static readonly TEMPLATE_ID = 75;
  static readonly BLOCK_LENGTH = 104;
  /** What `messageKeyAt` says for this message. */
  static readonly KEY = 59113547;

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

  static readonly headerLength = 26;

  header(index: number): number {
    return this.view.getInt32(this.block + elementOffset(index, 26, 4), true);
  }
}

const HEADER = { name: "BridgeWhole", blockLength: 104, templateId: 75, schemaId: 902, version: 3 };

/** Writes BridgeWhole in place. */
export class BridgeWholeEncoder extends MessageEncoder {
  /** Bytes of the whole message with its SBE header. */
  static readonly ENCODED_LENGTH = 112;

  constructor() {
    super("BridgeWhole", []);
  }

  override wrap(view: DataView, offset: number, limit: number): this {
    this.begin(view, offset, limit, HEADER);
    const block = this.block;

    for (let i = 0; i < 104; i++) view.setUint8(block + i, 0);
    return this;
  }

  setHeader(index: number, value: number): this {
    if ((value | 0) !== value) throw outOfRange("BridgeWhole.header", "-2147483648 to 2147483647", value);
    this.view.setInt32(this.block + elementOffset(index, 26, 4), value, true);
    return this;
  }
}

/** What tools need to know of BridgeWhole. */
export const BRIDGE_WHOLE_INFO: MessageInfo = {
  kind: "message",
  name: "BridgeWhole",
  schemaId: 902,
  templateId: 75,
  version: 3,
  blockLength: 104,
  fields: [fieldInfo("header", 1, "int32", 0, { length: 26 })],
  groups: [],
  data: [],
  createDecoder: () => new BridgeWholeDecoder(),
  createEncoder: () => new BridgeWholeEncoder(),
};
