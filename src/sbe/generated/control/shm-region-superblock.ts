// Generated from schemas/control-900.xml (id 900, version 1): change that, then run `npm run generate`.
import { StructureDecoder } from "../../runtime/decoders.ts";
import { outOfRange } from "../../runtime/encode-error.ts";
import { StructureEncoder } from "../../runtime/encoders.ts";
import { fieldInfo, type StructureInfo } from "../../runtime/info.ts";
import { type Refusal, refusal } from "../../runtime/refusal.ts";
import { NO_VIEW } from "../../runtime/scan.ts";
import { putUint64, putUint64Number } from "../../runtime/words.ts";
import { isRegionType, REGION_TYPE_INFO, type RegionType } from "./enums.ts";

const TRUNCATED = refusal("truncated", "ShmRegionSuperblock", "", "64 bytes");
const REGION_TYPE_REFUSED = refusal("enum", "ShmRegionSuperblock", "regionType", "a code of RegionType");

/** Bytes of ShmRegionSuperblock. */
export const SHM_REGION_SUPERBLOCK_BYTES = 64;
export const SHM_REGION_SUPERBLOCK_MAGIC_OFFSET = 0;
export const SHM_REGION_SUPERBLOCK_LAYOUT_VERSION_OFFSET = 8;
export const SHM_REGION_SUPERBLOCK_EPOCH_OFFSET = 12;
export const SHM_REGION_SUPERBLOCK_STREAM_ID_OFFSET = 20;
export const SHM_REGION_SUPERBLOCK_REGION_TYPE_OFFSET = 24;
export const SHM_REGION_SUPERBLOCK_POOL_ID_OFFSET = 26;
export const SHM_REGION_SUPERBLOCK_NSLOTS_OFFSET = 28;
export const SHM_REGION_SUPERBLOCK_SLOT_BYTES_OFFSET = 32;
export const SHM_REGION_SUPERBLOCK_STRIDE_BYTES_OFFSET = 36;
export const SHM_REGION_SUPERBLOCK_PID_OFFSET = 40;
export const SHM_REGION_SUPERBLOCK_START_TIMESTAMP_NS_OFFSET = 48;
export const SHM_REGION_SUPERBLOCK_ACTIVITY_TIMESTAMP_NS_OFFSET = 56;

/** Reads ShmRegionSuperblock in place. The first 64 bytes of a region. It has no message header. */
export class ShmRegionSuperblockDecoder extends StructureDecoder {
  static readonly NAME = "ShmRegionSuperblock";
  static readonly SCHEMA_ID = 900;
  static readonly TEMPLATE_ID = 50;
  static readonly BLOCK_LENGTH = 64;

  override wrap(view: DataView, offset: number): Refusal | null {
    const refused = this.check(view, offset);
    this.view = refused === null ? view : NO_VIEW;
    return refused;
  }

  private check(view: DataView, block: number): Refusal | null {
    const scan = this.scan;
    const refused = scan.structure(view, block, 64, TRUNCATED);
    if (refused !== null) return refused;
    this.block = block;

    const regionTypeCode = view.getInt16(block + 24, true);
    if (!isRegionType(regionTypeCode)) return scan.refuse(REGION_TYPE_REFUSED, block + 24, regionTypeCode);
    return null;
  }

  /** The number 0x544F504C53484D31. Allocates. */
  get magic(): bigint {
    return this.view.getBigUint64(this.block, true);
  }

  /** The upper 32 bits, unsigned. */
  get magicHigh(): number {
    return this.view.getUint32(this.block + 4, true);
  }

  /** The lower 32 bits, unsigned. */
  get magicLow(): number {
    return this.view.getUint32(this.block, true);
  }

  /** Exact up to 2^53. */
  get magicNumber(): number {
    return this.view.getUint32(this.block + 4, true) * 4294967296 + this.view.getUint32(this.block, true);
  }

  get layoutVersion(): number {
    return this.view.getUint32(this.block + 8, true);
  }

  /** Allocates. */
  get epoch(): bigint {
    return this.view.getBigUint64(this.block + 12, true);
  }

  /** The upper 32 bits, unsigned. */
  get epochHigh(): number {
    return this.view.getUint32(this.block + 16, true);
  }

  /** The lower 32 bits, unsigned. */
  get epochLow(): number {
    return this.view.getUint32(this.block + 12, true);
  }

  /** Exact up to 2^53. */
  get epochNumber(): number {
    return this.view.getUint32(this.block + 16, true) * 4294967296 + this.view.getUint32(this.block + 12, true);
  }

  get streamId(): number {
    return this.view.getUint32(this.block + 20, true);
  }

  get regionType(): RegionType {
    return this.view.getInt16(this.block + 24, true) as RegionType;
  }

  /** 0 in a header ring. */
  get poolId(): number {
    return this.view.getUint16(this.block + 26, true);
  }

  get nslots(): number {
    return this.view.getUint32(this.block + 28, true);
  }

  get slotBytes(): number {
    return this.view.getUint32(this.block + 32, true);
  }

  /** 0 in a header ring. */
  get strideBytes(): number {
    return this.view.getUint32(this.block + 36, true);
  }

  /** Allocates. */
  get pid(): bigint {
    return this.view.getBigUint64(this.block + 40, true);
  }

  /** The upper 32 bits, unsigned. */
  get pidHigh(): number {
    return this.view.getUint32(this.block + 44, true);
  }

  /** The lower 32 bits, unsigned. */
  get pidLow(): number {
    return this.view.getUint32(this.block + 40, true);
  }

  /** Exact up to 2^53. */
  get pidNumber(): number {
    return this.view.getUint32(this.block + 44, true) * 4294967296 + this.view.getUint32(this.block + 40, true);
  }

  /** Allocates. */
  get startTimestampNs(): bigint {
    return this.view.getBigUint64(this.block + 48, true);
  }

  /** The upper 32 bits, unsigned. */
  get startTimestampNsHigh(): number {
    return this.view.getUint32(this.block + 52, true);
  }

  /** The lower 32 bits, unsigned. */
  get startTimestampNsLow(): number {
    return this.view.getUint32(this.block + 48, true);
  }

  /** Exact up to 2^53. */
  get startTimestampNsNumber(): number {
    return this.view.getUint32(this.block + 52, true) * 4294967296 + this.view.getUint32(this.block + 48, true);
  }

  /** Refreshed by the owner. Allocates. */
  get activityTimestampNs(): bigint {
    return this.view.getBigUint64(this.block + 56, true);
  }

  /** The upper 32 bits, unsigned. */
  get activityTimestampNsHigh(): number {
    return this.view.getUint32(this.block + 60, true);
  }

  /** The lower 32 bits, unsigned. */
  get activityTimestampNsLow(): number {
    return this.view.getUint32(this.block + 56, true);
  }

  /** Exact up to 2^53. */
  get activityTimestampNsNumber(): number {
    return this.view.getUint32(this.block + 60, true) * 4294967296 + this.view.getUint32(this.block + 56, true);
  }
}

/** Writes ShmRegionSuperblock in place. It has no message header. */
export class ShmRegionSuperblockEncoder extends StructureEncoder {
  override wrap(view: DataView, offset: number): this {
    this.begin(view, offset, "ShmRegionSuperblock", 64);
    const block = this.block;

    view.setUint32(block, 0, true);
    view.setUint32(block + 4, 0, true);
    view.setUint32(block + 8, 0, true);
    view.setUint32(block + 12, 0, true);
    view.setUint32(block + 16, 0, true);
    view.setUint32(block + 20, 0, true);
    view.setInt16(block + 24, 0, true);
    view.setUint16(block + 26, 0, true);
    view.setUint32(block + 28, 0, true);
    view.setUint32(block + 32, 0, true);
    view.setUint32(block + 36, 0, true);
    view.setUint32(block + 40, 0, true);
    view.setUint32(block + 44, 0, true);
    view.setUint32(block + 48, 0, true);
    view.setUint32(block + 52, 0, true);
    view.setUint32(block + 56, 0, true);
    view.setUint32(block + 60, 0, true);
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setMagic(high: number, low: number): this {
    this.view.setUint32(this.block, low, true);
    this.view.setUint32(this.block + 4, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setMagicNumber(value: number): this {
    putUint64Number(this.view, this.block, value, "ShmRegionSuperblock.magic");
    return this;
  }

  setMagicBigint(value: bigint): this {
    putUint64(this.view, this.block, value, "ShmRegionSuperblock.magic");
    return this;
  }

  setLayoutVersion(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmRegionSuperblock.layoutVersion", "0 to 4294967295", value);
    this.view.setUint32(this.block + 8, value, true);
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setEpoch(high: number, low: number): this {
    this.view.setUint32(this.block + 12, low, true);
    this.view.setUint32(this.block + 16, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setEpochNumber(value: number): this {
    putUint64Number(this.view, this.block + 12, value, "ShmRegionSuperblock.epoch");
    return this;
  }

  setEpochBigint(value: bigint): this {
    putUint64(this.view, this.block + 12, value, "ShmRegionSuperblock.epoch");
    return this;
  }

  setStreamId(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmRegionSuperblock.streamId", "0 to 4294967295", value);
    this.view.setUint32(this.block + 20, value, true);
    return this;
  }

  setRegionType(value: number): this {
    if (!isRegionType(value)) throw outOfRange("ShmRegionSuperblock.regionType", "a code of RegionType", value);
    this.view.setInt16(this.block + 24, value, true);
    return this;
  }

  /** 0 in a header ring. */
  setPoolId(value: number): this {
    if ((value & 0xffff) !== value) throw outOfRange("ShmRegionSuperblock.poolId", "0 to 65535", value);
    this.view.setUint16(this.block + 26, value, true);
    return this;
  }

  setNslots(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmRegionSuperblock.nslots", "0 to 4294967295", value);
    this.view.setUint32(this.block + 28, value, true);
    return this;
  }

  setSlotBytes(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmRegionSuperblock.slotBytes", "0 to 4294967295", value);
    this.view.setUint32(this.block + 32, value, true);
    return this;
  }

  /** 0 in a header ring. */
  setStrideBytes(value: number): this {
    if (value >>> 0 !== value) throw outOfRange("ShmRegionSuperblock.strideBytes", "0 to 4294967295", value);
    this.view.setUint32(this.block + 36, value, true);
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setPid(high: number, low: number): this {
    this.view.setUint32(this.block + 40, low, true);
    this.view.setUint32(this.block + 44, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setPidNumber(value: number): this {
    putUint64Number(this.view, this.block + 40, value, "ShmRegionSuperblock.pid");
    return this;
  }

  setPidBigint(value: bigint): this {
    putUint64(this.view, this.block + 40, value, "ShmRegionSuperblock.pid");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setStartTimestampNs(high: number, low: number): this {
    this.view.setUint32(this.block + 48, low, true);
    this.view.setUint32(this.block + 52, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setStartTimestampNsNumber(value: number): this {
    putUint64Number(this.view, this.block + 48, value, "ShmRegionSuperblock.startTimestampNs");
    return this;
  }

  setStartTimestampNsBigint(value: bigint): this {
    putUint64(this.view, this.block + 48, value, "ShmRegionSuperblock.startTimestampNs");
    return this;
  }

  /** From two words of 32 bits, of either sign. */
  setActivityTimestampNs(high: number, low: number): this {
    this.view.setUint32(this.block + 56, low, true);
    this.view.setUint32(this.block + 60, high, true);
    return this;
  }

  /** From a safe integer from 0 on; throws EncodeError for anything else. */
  setActivityTimestampNsNumber(value: number): this {
    putUint64Number(this.view, this.block + 56, value, "ShmRegionSuperblock.activityTimestampNs");
    return this;
  }

  setActivityTimestampNsBigint(value: bigint): this {
    putUint64(this.view, this.block + 56, value, "ShmRegionSuperblock.activityTimestampNs");
    return this;
  }
}

/** What tools need to know of ShmRegionSuperblock. */
export const SHM_REGION_SUPERBLOCK_INFO: StructureInfo = {
  kind: "structure",
  name: "ShmRegionSuperblock",
  schemaId: 900,
  templateId: 50,
  version: 1,
  blockLength: 64,
  fields: [
    fieldInfo("magic", 1, "uint64", 0),
    fieldInfo("layoutVersion", 2, "uint32", 8),
    fieldInfo("epoch", 3, "uint64", 12),
    fieldInfo("streamId", 4, "uint32", 20),
    fieldInfo("regionType", 5, "int16", 24, { codes: REGION_TYPE_INFO }),
    fieldInfo("poolId", 6, "uint16", 26),
    fieldInfo("nslots", 7, "uint32", 28),
    fieldInfo("slotBytes", 8, "uint32", 32),
    fieldInfo("strideBytes", 9, "uint32", 36),
    fieldInfo("pid", 10, "uint64", 40),
    fieldInfo("startTimestampNs", 11, "uint64", 48),
    fieldInfo("activityTimestampNs", 12, "uint64", 56),
  ],
  groups: [],
  data: [],
  createDecoder: () => new ShmRegionSuperblockDecoder(),
  createEncoder: () => new ShmRegionSuperblockEncoder(),
};
