// Generated from schemas/driver-901.xml (id 901, version 1): change that, then run `npm run generate`.
import { MessageDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { MessageEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type MessageInfo } from "../../runtime/info.ts";
import { type Refusal, refusal } from "../../runtime/refusal.ts";
import { NO_VIEW } from "../../runtime/scan.ts";
import { messageShape } from "../../runtime/shapes.ts";
import { putInt64, putInt64Number, putUint64, putUint64Number } from "../../runtime/words.ts";
import { isRole, ROLE_INFO, type Role } from "./enums.ts";

const MESSAGE = messageShape("ShmDetachRequest", 901, 3, 1, [25]);
const ROLE_REFUSED = refusal("enum", "ShmDetachRequest", "role", "a code of Role");

/** Reads ShmDetachRequest in place. A client gives its lease back. */
export class ShmDetachRequestDecoder extends MessageDecoder {
  static readonly NAME = "ShmDetachRequest";
  static readonly SCHEMA_ID = 901;
  static readonly TEMPLATE_ID = 3;
  static readonly BLOCK_LENGTH = 25;
  /** What `messageKeyAt` says for this message. */
  static readonly KEY = 59047939;

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

    const roleCode = view.getUint8(block + 24);
    if (!isRole(roleCode)) return scan.refuse(ROLE_REFUSED, block + 24, roleCode);

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

  /** Allocates. */
  get leaseId(): bigint {
    return this.view.getBigUint64(this.block + 8, true);
  }

  /** The upper 32 bits, unsigned. */
  get leaseIdHigh(): number {
    return this.view.getUint32(this.block + 12, true);
  }

  /** The lower 32 bits, unsigned. */
  get leaseIdLow(): number {
    return this.view.getUint32(this.block + 8, true);
  }

  /** Exact up to 2^53. */
  get leaseIdNumber(): number {
    return this.view.getUint32(this.block + 12, true) * 4294967296 + this.view.getUint32(this.block + 8, true);
  }

  get streamId(): number {
    return this.view.getUint32(this.block + 16, true);
  }

  get clientId(): number {
    return this.view.getUint32(this.block + 20, true);
  }

  get role(): Role {
    return this.view.getUint8(this.block + 24) as Role;
  }
}

const HEADER = { name: "ShmDetachRequest", blockLength: 25, templateId: 3, schemaId: 901, version: 1 };

/** Writes ShmDetachRequest in place. */
export class ShmDetachRequestEncoder extends MessageEncoder {
  /** Bytes of the whole message with its SBE header. */
  static readonly ENCODED_LENGTH = 33;

  constructor() {
    super("ShmDetachRequest", []);
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
    view.setUint8(block + 24, 0);
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
    putInt64Number(this.view, this.block, value, "ShmDetachRequest.correlationId");
    return this;
  }

  setCorrelationIdBigint(value: bigint): this {
    putInt64(this.view, this.block, value, "ShmDetachRequest.correlationId");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setLeaseId(high: number, low: number): this {
    this.view.setUint32(this.block + 8, low, true);
    this.view.setUint32(this.block + 12, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setLeaseIdNumber(value: number): this {
    putUint64Number(this.view, this.block + 8, value, "ShmDetachRequest.leaseId");
    return this;
  }

  setLeaseIdBigint(value: bigint): this {
    putUint64(this.view, this.block + 8, value, "ShmDetachRequest.leaseId");
    return this;
  }

  setStreamId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmDetachRequest.streamId", "0 to 4294967295", value);
    this.view.setUint32(this.block + 16, value, true);
    return this;
  }

  setClientId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmDetachRequest.clientId", "0 to 4294967295", value);
    this.view.setUint32(this.block + 20, value, true);
    return this;
  }

  setRole(value: number): this {
    if (!isRole(value)) throw outOfRange("ShmDetachRequest.role", "a code of Role", value);
    this.view.setUint8(this.block + 24, value);
    return this;
  }
}

/** What tools need to know of ShmDetachRequest. */
export const SHM_DETACH_REQUEST_INFO: MessageInfo = {
  kind: "message",
  name: "ShmDetachRequest",
  schemaId: 901,
  templateId: 3,
  version: 1,
  blockLength: 25,
  fields: [
    fieldInfo("correlationId", 1, "int64", 0),
    fieldInfo("leaseId", 2, "uint64", 8),
    fieldInfo("streamId", 3, "uint32", 16),
    fieldInfo("clientId", 4, "uint32", 20),
    fieldInfo("role", 5, "uint8", 24, { codes: ROLE_INFO }),
  ],
  groups: [],
  data: [],
  createDecoder: () => new ShmDetachRequestDecoder(),
  createEncoder: () => new ShmDetachRequestEncoder(),
};
