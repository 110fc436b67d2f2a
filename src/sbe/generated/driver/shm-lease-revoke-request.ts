// Generated from schemas/driver-901.xml (id 901, version 1): change that, then run `npm run generate`.
import { asciiAt } from "../../runtime/bytes.ts";
import { MessageDecoder } from "../../runtime/decoders.ts";
import { MessageEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type MessageInfo } from "../../runtime/info.ts";
import type { Refusal } from "../../runtime/refusal.ts";
import { NO_VIEW } from "../../runtime/scan.ts";
import { dataShape, messageShape } from "../../runtime/shapes.ts";
import { putInt64, putInt64Number, putUint64, putUint64Number } from "../../runtime/words.ts";

const MESSAGE = messageShape("ShmLeaseRevokeRequest", 901, 9, 1, [16]);
const TOKEN = dataShape("ShmLeaseRevokeRequest", "token", true);

/** Reads ShmLeaseRevokeRequest in place. An administrator asks for the end of a lease. */
export class ShmLeaseRevokeRequestDecoder extends MessageDecoder {
  static readonly NAME = "ShmLeaseRevokeRequest";
  static readonly SCHEMA_ID = 901;
  static readonly TEMPLATE_ID = 9;
  static readonly BLOCK_LENGTH = 16;
  /** What `messageKeyAt` says for this message. */
  static readonly KEY = 59047945;

  /** Where the bytes of token begin in the view. */
  tokenOffset = 0;
  tokenLength = 0;

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

    refused = scan.data(TOKEN);
    if (refused !== null) return refused;
    this.tokenLength = scan.dataLength;
    this.tokenOffset = scan.position - scan.dataLength;
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

  /** The string. Allocates. */
  token(): string {
    return asciiAt(this.view, this.tokenOffset, this.tokenLength);
  }
}

const HEADER = { name: "ShmLeaseRevokeRequest", blockLength: 16, templateId: 9, schemaId: 901, version: 1 };

/** Writes ShmLeaseRevokeRequest in place. */
export class ShmLeaseRevokeRequestEncoder extends MessageEncoder {
  constructor() {
    super("ShmLeaseRevokeRequest", ["token"]);
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

  /** From two words of 32 bits, of either sign. */
  setCorrelationId(high: number, low: number): this {
    this.view.setUint32(this.block, low, true);
    this.view.setUint32(this.block + 4, high, true);
    return this;
  }

  /** From a safe integer; throws EncodeError for anything else. */
  setCorrelationIdNumber(value: number): this {
    putInt64Number(this.view, this.block, value, "ShmLeaseRevokeRequest.correlationId");
    return this;
  }

  setCorrelationIdBigint(value: bigint): this {
    putInt64(this.view, this.block, value, "ShmLeaseRevokeRequest.correlationId");
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
    putUint64Number(this.view, this.block + 8, value, "ShmLeaseRevokeRequest.leaseId");
    return this;
  }

  setLeaseIdBigint(value: bigint): this {
    putUint64(this.view, this.block + 8, value, "ShmLeaseRevokeRequest.leaseId");
    return this;
  }

  putToken(text: string): this {
    this.putAscii(0, text);
    return this;
  }
}

/** What tools need to know of ShmLeaseRevokeRequest. */
export const SHM_LEASE_REVOKE_REQUEST_INFO: MessageInfo = {
  kind: "message",
  name: "ShmLeaseRevokeRequest",
  schemaId: 901,
  templateId: 9,
  version: 1,
  blockLength: 16,
  fields: [fieldInfo("correlationId", 1, "int64", 0), fieldInfo("leaseId", 2, "uint64", 8)],
  groups: [],
  data: [{ name: "token", id: 3, ascii: true }],
  createDecoder: () => new ShmLeaseRevokeRequestDecoder(),
  createEncoder: () => new ShmLeaseRevokeRequestEncoder(),
};
