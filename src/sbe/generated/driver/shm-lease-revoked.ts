// Generated from schemas/driver-901.xml (id 901, version 1): change that, then run `npm run generate`.
import { asciiAt } from "../../runtime/bytes.ts";
import { MessageDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { MessageEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type MessageInfo } from "../../runtime/info.ts";
import { type Refusal, refusal } from "../../runtime/refusal.ts";
import { NO_VIEW } from "../../runtime/scan.ts";
import { dataShape, messageShape } from "../../runtime/shapes.ts";
import { putUint64, putUint64Number } from "../../runtime/words.ts";
import {
  isLeaseRevokeReason,
  isRole,
  LEASE_REVOKE_REASON_INFO,
  type LeaseRevokeReason,
  ROLE_INFO,
  type Role,
} from "./enums.ts";

const MESSAGE = messageShape("ShmLeaseRevoked", 901, 7, 1, [26]);
const ROLE_REFUSED = refusal("enum", "ShmLeaseRevoked", "role", "a code of Role");
const REASON_REFUSED = refusal("enum", "ShmLeaseRevoked", "reason", "a code of LeaseRevokeReason");
const ERROR_MESSAGE = dataShape("ShmLeaseRevoked", "errorMessage", true);

/** Reads ShmLeaseRevoked in place. A lease ended. */
export class ShmLeaseRevokedDecoder extends MessageDecoder {
  static readonly NAME = "ShmLeaseRevoked";
  static readonly SCHEMA_ID = 901;
  static readonly TEMPLATE_ID = 7;
  static readonly BLOCK_LENGTH = 26;
  /** What `messageKeyAt` says for this message. */
  static readonly KEY = 59047943;

  /** Where the bytes of errorMessage begin in the view. */
  errorMessageOffset = 0;
  errorMessageLength = 0;

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

    const roleCode = view.getUint8(block + 24);
    if (!isRole(roleCode)) return scan.refuse(ROLE_REFUSED, block + 24, roleCode);

    const reasonCode = view.getUint8(block + 25);
    if (!isLeaseRevokeReason(reasonCode)) return scan.refuse(REASON_REFUSED, block + 25, reasonCode);
    refused = scan.data(ERROR_MESSAGE);
    if (refused !== null) return refused;
    this.errorMessageLength = scan.dataLength;
    this.errorMessageOffset = scan.position - scan.dataLength;
    return scan.finish(MESSAGE);
  }

  /** Allocates. */
  get timestampNs(): bigint {
    return this.view.getBigUint64(this.block, true);
  }

  /** The upper 32 bits, unsigned. */
  get timestampNsHigh(): number {
    return this.view.getUint32(this.block + 4, true);
  }

  /** The lower 32 bits, unsigned. */
  get timestampNsLow(): number {
    return this.view.getUint32(this.block, true);
  }

  /** Exact up to 2^53. */
  get timestampNsNumber(): number {
    return this.view.getUint32(this.block + 4, true) * 4294967296 + this.view.getUint32(this.block, true);
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

  get reason(): LeaseRevokeReason {
    return this.view.getUint8(this.block + 25) as LeaseRevokeReason;
  }

  /** The string. Allocates. */
  errorMessage(): string {
    return asciiAt(this.view, this.errorMessageOffset, this.errorMessageLength);
  }
}

const HEADER = { name: "ShmLeaseRevoked", blockLength: 26, templateId: 7, schemaId: 901, version: 1 };

/** Writes ShmLeaseRevoked in place. */
export class ShmLeaseRevokedEncoder extends MessageEncoder {
  constructor() {
    super("ShmLeaseRevoked", ["errorMessage"]);
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
    view.setUint8(block + 25, 0);
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setTimestampNs(high: number, low: number): this {
    this.view.setUint32(this.block, low, true);
    this.view.setUint32(this.block + 4, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setTimestampNsNumber(value: number): this {
    putUint64Number(this.view, this.block, value, "ShmLeaseRevoked.timestampNs");
    return this;
  }

  setTimestampNsBigint(value: bigint): this {
    putUint64(this.view, this.block, value, "ShmLeaseRevoked.timestampNs");
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
    putUint64Number(this.view, this.block + 8, value, "ShmLeaseRevoked.leaseId");
    return this;
  }

  setLeaseIdBigint(value: bigint): this {
    putUint64(this.view, this.block + 8, value, "ShmLeaseRevoked.leaseId");
    return this;
  }

  setStreamId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmLeaseRevoked.streamId", "0 to 4294967295", value);
    this.view.setUint32(this.block + 16, value, true);
    return this;
  }

  setClientId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmLeaseRevoked.clientId", "0 to 4294967295", value);
    this.view.setUint32(this.block + 20, value, true);
    return this;
  }

  setRole(value: number): this {
    if (!isRole(value)) throw outOfRange("ShmLeaseRevoked.role", "a code of Role", value);
    this.view.setUint8(this.block + 24, value);
    return this;
  }

  setReason(value: number): this {
    if (!isLeaseRevokeReason(value)) throw outOfRange("ShmLeaseRevoked.reason", "a code of LeaseRevokeReason", value);
    this.view.setUint8(this.block + 25, value);
    return this;
  }

  putErrorMessage(text: string): this {
    this.putAscii(0, text);
    return this;
  }
}

/** What tools need to know of ShmLeaseRevoked. */
export const SHM_LEASE_REVOKED_INFO: MessageInfo = {
  kind: "message",
  name: "ShmLeaseRevoked",
  schemaId: 901,
  templateId: 7,
  version: 1,
  blockLength: 26,
  fields: [
    fieldInfo("timestampNs", 1, "uint64", 0),
    fieldInfo("leaseId", 2, "uint64", 8),
    fieldInfo("streamId", 3, "uint32", 16),
    fieldInfo("clientId", 4, "uint32", 20),
    fieldInfo("role", 5, "uint8", 24, { codes: ROLE_INFO }),
    fieldInfo("reason", 6, "uint8", 25, { codes: LEASE_REVOKE_REASON_INFO }),
  ],
  groups: [],
  data: [{ name: "errorMessage", id: 7, ascii: true }],
  createDecoder: () => new ShmLeaseRevokedDecoder(),
  createEncoder: () => new ShmLeaseRevokedEncoder(),
};
