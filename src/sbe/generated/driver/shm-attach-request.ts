// Generated from schemas/driver-901.xml (id 901, version 1): change that, then run `npm run generate`.
import { MessageDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { MessageEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type MessageInfo } from "../../runtime/info.ts";
import { type Refusal, refusal } from "../../runtime/refusal.ts";
import { NO_VIEW } from "../../runtime/scan.ts";
import { messageShape } from "../../runtime/shapes.ts";
import { putInt64, putInt64Number } from "../../runtime/words.ts";
import { BOOL_INFO, isBool, isPublishMode, isRole, PUBLISH_MODE_INFO, ROLE_INFO, type Role } from "./enums.ts";

const MESSAGE = messageShape("ShmAttachRequest", 901, 1, 1, [24]);
const ROLE_REFUSED = refusal("enum", "ShmAttachRequest", "role", "a code of Role");
const PUBLISH_MODE_REFUSED = refusal("enum", "ShmAttachRequest", "publishMode", "a code of PublishMode or null");
const REQUIRE_HUGEPAGES_REFUSED = refusal("enum", "ShmAttachRequest", "requireHugepages", "a code of Bool or null");

/** Reads ShmAttachRequest in place. A client asks for a lease. */
export class ShmAttachRequestDecoder extends MessageDecoder {
  static readonly NAME = "ShmAttachRequest";
  static readonly SCHEMA_ID = 901;
  static readonly TEMPLATE_ID = 1;
  static readonly BLOCK_LENGTH = 24;
  /** What `messageKeyAt` says for this message. */
  static readonly KEY = 59047937;

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

    const roleCode = view.getUint8(block + 16);
    if (!isRole(roleCode)) return scan.refuse(ROLE_REFUSED, block + 16, roleCode);

    const publishModeCode = view.getUint8(block + 22);
    if (!isPublishMode(publishModeCode) && publishModeCode !== 255)
      return scan.refuse(PUBLISH_MODE_REFUSED, block + 22, publishModeCode);

    const requireHugepagesCode = view.getUint8(block + 23);
    if (!isBool(requireHugepagesCode) && requireHugepagesCode !== 255)
      return scan.refuse(REQUIRE_HUGEPAGES_REFUSED, block + 23, requireHugepagesCode);

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

  get streamId(): number {
    return this.view.getUint32(this.block + 8, true);
  }

  get clientId(): number {
    return this.view.getUint32(this.block + 12, true);
  }

  get role(): Role {
    return this.view.getUint8(this.block + 16) as Role;
  }

  /** 0: no preference. */
  get expectedLayoutVersion(): number {
    return this.view.getUint32(this.block + 17, true);
  }

  /** 0: no preference. */
  get maxDims(): number {
    return this.view.getUint8(this.block + 21);
  }

  static readonly publishModeNull = 255;

  get publishMode(): number {
    return this.view.getUint8(this.block + 22);
  }

  get hasPublishMode(): boolean {
    return this.view.getUint8(this.block + 22) !== 255;
  }

  static readonly requireHugepagesNull = 255;

  get requireHugepages(): number {
    return this.view.getUint8(this.block + 23);
  }

  get hasRequireHugepages(): boolean {
    return this.view.getUint8(this.block + 23) !== 255;
  }
}

const HEADER = { name: "ShmAttachRequest", blockLength: 24, templateId: 1, schemaId: 901, version: 1 };

/** Writes ShmAttachRequest in place. */
export class ShmAttachRequestEncoder extends MessageEncoder {
  /** Bytes of the whole message with its SBE header. */
  static readonly ENCODED_LENGTH = 32;

  constructor() {
    super("ShmAttachRequest", []);
  }

  override wrap(view: DataView, offset: number, limit: number): this {
    this.begin(view, offset, limit, HEADER);
    const block = this.block;

    view.setUint32(block, 0, true);
    view.setUint32(block + 4, 0, true);
    view.setUint32(block + 8, 0, true);
    view.setUint32(block + 12, 0, true);
    view.setUint8(block + 16, 0);
    view.setUint32(block + 17, 0, true);
    view.setUint8(block + 21, 0);
    view.setUint8(block + 22, 255);
    view.setUint8(block + 23, 255);
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
    putInt64Number(this.view, this.block, value, "ShmAttachRequest.correlationId");
    return this;
  }

  setCorrelationIdBigint(value: bigint): this {
    putInt64(this.view, this.block, value, "ShmAttachRequest.correlationId");
    return this;
  }

  setStreamId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmAttachRequest.streamId", "0 to 4294967295", value);
    this.view.setUint32(this.block + 8, value, true);
    return this;
  }

  setClientId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmAttachRequest.clientId", "0 to 4294967295", value);
    this.view.setUint32(this.block + 12, value, true);
    return this;
  }

  setRole(value: number): this {
    if (!isRole(value)) throw outOfRange("ShmAttachRequest.role", "a code of Role", value);
    this.view.setUint8(this.block + 16, value);
    return this;
  }

  /** 0: no preference. */
  setExpectedLayoutVersion(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmAttachRequest.expectedLayoutVersion", "0 to 4294967295", value);
    this.view.setUint32(this.block + 17, value, true);
    return this;
  }

  /** 0: no preference. */
  setMaxDims(value: number): this {
    if ((value & 0xff) !== value) throw outOfRange("ShmAttachRequest.maxDims", "0 to 255", value);
    this.view.setUint8(this.block + 21, value);
    return this;
  }

  setPublishMode(value: number): this {
    if (!isPublishMode(value) && value !== 255)
      throw outOfRange("ShmAttachRequest.publishMode", "a code of PublishMode", value);
    this.view.setUint8(this.block + 22, value);
    return this;
  }

  setPublishModeNull(): this {
    this.view.setUint8(this.block + 22, 255);
    return this;
  }

  setRequireHugepages(value: number): this {
    if (!isBool(value) && value !== 255) throw outOfRange("ShmAttachRequest.requireHugepages", "a code of Bool", value);
    this.view.setUint8(this.block + 23, value);
    return this;
  }

  setRequireHugepagesNull(): this {
    this.view.setUint8(this.block + 23, 255);
    return this;
  }
}

/** What tools need to know of ShmAttachRequest. */
export const SHM_ATTACH_REQUEST_INFO: MessageInfo = {
  kind: "message",
  name: "ShmAttachRequest",
  schemaId: 901,
  templateId: 1,
  version: 1,
  blockLength: 24,
  fields: [
    fieldInfo("correlationId", 1, "int64", 0),
    fieldInfo("streamId", 2, "uint32", 8),
    fieldInfo("clientId", 3, "uint32", 12),
    fieldInfo("role", 4, "uint8", 16, { codes: ROLE_INFO }),
    fieldInfo("expectedLayoutVersion", 5, "uint32", 17),
    fieldInfo("maxDims", 6, "uint8", 21),
    fieldInfo("publishMode", 7, "uint8", 22, { nullValue: "255", codes: PUBLISH_MODE_INFO }),
    fieldInfo("requireHugepages", 8, "uint8", 23, { nullValue: "255", codes: BOOL_INFO }),
  ],
  groups: [],
  data: [],
  createDecoder: () => new ShmAttachRequestDecoder(),
  createEncoder: () => new ShmAttachRequestEncoder(),
};
