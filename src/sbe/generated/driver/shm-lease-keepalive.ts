// Generated from schemas/driver-901.xml (id 901, version 1): change that, then run `npm run generate`.
import { MessageDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { MessageEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type MessageInfo } from "../../runtime/info.ts";
import { type Refusal, refusal } from "../../runtime/refusal.ts";
import { NO_VIEW } from "../../runtime/scan.ts";
import { messageShape } from "../../runtime/shapes.ts";
import { putUint64, putUint64Number } from "../../runtime/words.ts";
import { isRole, ROLE_INFO, type Role } from "./enums.ts";

const MESSAGE = messageShape("ShmLeaseKeepalive", 901, 5, 1, [25]);
const ROLE_REFUSED = refusal("enum", "ShmLeaseKeepalive", "role", "a code of Role");

/** Reads ShmLeaseKeepalive in place. A client extends its lease. */
export class ShmLeaseKeepaliveDecoder extends MessageDecoder {
  static readonly NAME = "ShmLeaseKeepalive";
  static readonly SCHEMA_ID = 901;
  static readonly TEMPLATE_ID = 5;
  static readonly BLOCK_LENGTH = 25;
  /** What `messageKeyAt` says for this message. */
  static readonly KEY = 59047941;

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

    return scan.finish(MESSAGE);
  }

  /** Allocates. */
  get leaseId(): bigint {
    return this.view.getBigUint64(this.block, true);
  }

  /** The upper 32 bits, unsigned. */
  get leaseIdHigh(): number {
    return this.view.getUint32(this.block + 4, true);
  }

  /** The lower 32 bits, unsigned. */
  get leaseIdLow(): number {
    return this.view.getUint32(this.block, true);
  }

  /** Exact up to 2^53. */
  get leaseIdNumber(): number {
    return this.view.getUint32(this.block + 4, true) * 4294967296 + this.view.getUint32(this.block, true);
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

  /** Allocates. */
  get clientTimestampNs(): bigint {
    return this.view.getBigUint64(this.block + 17, true);
  }

  /** The upper 32 bits, unsigned. */
  get clientTimestampNsHigh(): number {
    return this.view.getUint32(this.block + 21, true);
  }

  /** The lower 32 bits, unsigned. */
  get clientTimestampNsLow(): number {
    return this.view.getUint32(this.block + 17, true);
  }

  /** Exact up to 2^53. */
  get clientTimestampNsNumber(): number {
    return this.view.getUint32(this.block + 21, true) * 4294967296 + this.view.getUint32(this.block + 17, true);
  }
}

const HEADER = { name: "ShmLeaseKeepalive", blockLength: 25, templateId: 5, schemaId: 901, version: 1 };

/** Writes ShmLeaseKeepalive in place. */
export class ShmLeaseKeepaliveEncoder extends MessageEncoder {
  /** Bytes of the whole message with its SBE header. */
  static readonly ENCODED_LENGTH = 33;

  constructor() {
    super("ShmLeaseKeepalive", []);
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
    view.setUint32(block + 21, 0, true);
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setLeaseId(high: number, low: number): this {
    this.view.setUint32(this.block, low, true);
    this.view.setUint32(this.block + 4, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setLeaseIdNumber(value: number): this {
    putUint64Number(this.view, this.block, value, "ShmLeaseKeepalive.leaseId");
    return this;
  }

  setLeaseIdBigint(value: bigint): this {
    putUint64(this.view, this.block, value, "ShmLeaseKeepalive.leaseId");
    return this;
  }

  setStreamId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmLeaseKeepalive.streamId", "0 to 4294967295", value);
    this.view.setUint32(this.block + 8, value, true);
    return this;
  }

  setClientId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmLeaseKeepalive.clientId", "0 to 4294967295", value);
    this.view.setUint32(this.block + 12, value, true);
    return this;
  }

  setRole(value: number): this {
    if (!isRole(value)) throw outOfRange("ShmLeaseKeepalive.role", "a code of Role", value);
    this.view.setUint8(this.block + 16, value);
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setClientTimestampNs(high: number, low: number): this {
    this.view.setUint32(this.block + 17, low, true);
    this.view.setUint32(this.block + 21, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setClientTimestampNsNumber(value: number): this {
    putUint64Number(this.view, this.block + 17, value, "ShmLeaseKeepalive.clientTimestampNs");
    return this;
  }

  setClientTimestampNsBigint(value: bigint): this {
    putUint64(this.view, this.block + 17, value, "ShmLeaseKeepalive.clientTimestampNs");
    return this;
  }
}

/** What tools need to know of ShmLeaseKeepalive. */
export const SHM_LEASE_KEEPALIVE_INFO: MessageInfo = {
  kind: "message",
  name: "ShmLeaseKeepalive",
  schemaId: 901,
  templateId: 5,
  version: 1,
  blockLength: 25,
  fields: [
    fieldInfo("leaseId", 1, "uint64", 0),
    fieldInfo("streamId", 2, "uint32", 8),
    fieldInfo("clientId", 3, "uint32", 12),
    fieldInfo("role", 4, "uint8", 16, { codes: ROLE_INFO }),
    fieldInfo("clientTimestampNs", 5, "uint64", 17),
  ],
  groups: [],
  data: [],
  createDecoder: () => new ShmLeaseKeepaliveDecoder(),
  createEncoder: () => new ShmLeaseKeepaliveEncoder(),
};
