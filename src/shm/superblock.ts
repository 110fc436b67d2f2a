import { HEADER_SLOT_BYTES, LAYOUT_VERSION } from "../protocol/stream-layout.ts";
import { RegionError } from "./errors.ts";

export { HEADER_SLOT_BYTES, LAYOUT_VERSION };

/** Every region starts with these bytes (W-01). */
export const SUPERBLOCK_BYTES = 64;
/** Named TPOLSHM1; the number is what counts. */
export const SUPERBLOCK_MAGIC = 0x544f504c53484d31n;

export const RegionType = { HEADER_RING: 1, PAYLOAD_POOL: 2 } as const;
export type RegionType = (typeof RegionType)[keyof typeof RegionType];

/** Offsets of template 50, section 2.1. */
const Offset = {
  magic: 0,
  layoutVersion: 8,
  epoch: 12,
  streamId: 20,
  regionType: 24,
  poolId: 26,
  nslots: 28,
  slotBytes: 32,
  strideBytes: 36,
  pid: 40,
  startTimestampNs: 48,
  activityTimestampNs: 56,
} as const;

/** The fields that announce and superblock must agree on (W-07). */
export interface RegionIdentity {
  readonly layoutVersion: number;
  readonly epoch: bigint;
  readonly streamId: number;
  readonly regionType: RegionType;
  /** 0 in a header ring. */
  readonly poolId: number;
  readonly nslots: number;
  /** 256 in a header ring, the stride in a pool. */
  readonly slotBytes: number;
  /** 0 in a header ring. */
  readonly strideBytes: number;
}

/** The creator of a region, and when it was created (CLOCK_MONOTONIC ns). */
export interface RegionOwner {
  readonly pid: number;
  readonly startTimestampNs: bigint;
}

/** The identity of a stream's header ring. */
export function headerRingIdentity(streamId: number, epoch: bigint, nslots: number): RegionIdentity {
  return {
    layoutVersion: LAYOUT_VERSION,
    epoch,
    streamId,
    regionType: RegionType.HEADER_RING,
    poolId: 0,
    nslots,
    slotBytes: HEADER_SLOT_BYTES,
    strideBytes: 0,
  };
}

/** The identity of a payload pool. */
export function payloadPoolIdentity(
  streamId: number,
  epoch: bigint,
  nslots: number,
  poolId: number,
  strideBytes: number,
): RegionIdentity {
  return {
    layoutVersion: LAYOUT_VERSION,
    epoch,
    streamId,
    regionType: RegionType.PAYLOAD_POOL,
    poolId,
    nslots,
    slotBytes: strideBytes,
    strideBytes,
  };
}

/** Minimum size of a region in bytes: `64 + nslots * slot` (W-02). Exact: both factors are powers of two. */
export function regionBytes(identity: RegionIdentity): number {
  return SUPERBLOCK_BYTES + identity.nslots * identity.slotBytes;
}

/** The owner's write access to a superblock. */
export class SuperblockWriter {
  readonly #view: DataView;
  readonly #words: Float64Array;
  /** Two halves of a word, and the same eight bytes as a double. */
  readonly #halves: Uint32Array;
  readonly #whole: Float64Array;

  /** `window` is the first 64 bytes of a writable mapping. */
  constructor(window: ArrayBuffer) {
    this.#view = new DataView(window, 0, SUPERBLOCK_BYTES);
    this.#words = new Float64Array(window, 0, SUPERBLOCK_BYTES / 8);
    const scratch = new ArrayBuffer(8);
    this.#halves = new Uint32Array(scratch);
    this.#whole = new Float64Array(scratch);
  }

  /** Writes all fields (W-06), the magic last: an unfinished block is not taken for a valid one. */
  initialise(identity: RegionIdentity, owner: RegionOwner): void {
    const view = this.#view;
    view.setUint32(Offset.layoutVersion, identity.layoutVersion, true);
    view.setBigUint64(Offset.epoch, identity.epoch, true);
    view.setUint32(Offset.streamId, identity.streamId, true);
    view.setInt16(Offset.regionType, identity.regionType, true);
    view.setUint16(Offset.poolId, identity.poolId, true);
    view.setUint32(Offset.nslots, identity.nslots, true);
    view.setUint32(Offset.slotBytes, identity.slotBytes, true);
    view.setUint32(Offset.strideBytes, identity.strideBytes, true);
    view.setBigUint64(Offset.pid, BigInt(owner.pid), true);
    view.setBigUint64(Offset.startTimestampNs, owner.startTimestampNs, true);
    view.setBigUint64(Offset.activityTimestampNs, owner.startTimestampNs, true);
    view.setBigUint64(Offset.magic, SUPERBLOCK_MAGIC, true);
  }

  /**
   * Stores CLOCK_MONOTONIC, given as two unsigned 32-bit words, without allocating: the halves are joined in our own memory and stored as
   * one double, which is one aligned 8-byte store, so that no reader sees half of it. Words whose bits are not a finite double (from year
   * 292 of uptime on) might be altered by that and are refused.
   */
  refreshActivity(high: number, low: number): void {
    if (!(high < 0x7ff0_0000))
      throw new RangeError(`activity timestamp: expected less than 2^63 - 2^52 ns, high word ${high}`);
    this.#halves[0] = low;
    this.#halves[1] = high;
    this.#words[Offset.activityTimestampNs / 8] = this.#whole[0] as number;
  }
}

/** A reader's access to a superblock. */
export class SuperblockReader {
  readonly #view: DataView;
  readonly #words: BigUint64Array;

  /** `window` is the first 64 bytes of a mapping. */
  constructor(window: ArrayBuffer) {
    this.#view = new DataView(window, 0, SUPERBLOCK_BYTES);
    this.#words = new BigUint64Array(window, 0, SUPERBLOCK_BYTES / 8);
  }

  get pid(): bigint {
    return this.#view.getBigUint64(Offset.pid, true);
  }

  get startTimestampNs(): bigint {
    return this.#view.getBigUint64(Offset.startTimestampNs, true);
  }

  /** CLOCK_MONOTONIC ns of the owner's last sign of life (W-08), read in one load. */
  readActivity(): bigint {
    return this.#words[Offset.activityTimestampNs / 8] as bigint;
  }

  /** Compares each field with the expected one (W-07). @throws RegionError "superblock-mismatch", names the first that differs */
  validate(expected: RegionIdentity, subject: string): void {
    const difference = this.findDifference(expected);
    if (difference !== null) throw new RegionError("superblock-mismatch", { subject, ...difference });
  }

  /** The first field that differs from the expected one; null if none does. */
  findDifference(expected: RegionIdentity): { what: string; expected: string; found: string } | null {
    const view = this.#view;
    const fields: readonly (readonly [what: string, wanted: number | bigint, found: number | bigint])[] = [
      ["magic", SUPERBLOCK_MAGIC, view.getBigUint64(Offset.magic, true)],
      ["layoutVersion", expected.layoutVersion, view.getUint32(Offset.layoutVersion, true)],
      ["epoch", expected.epoch, view.getBigUint64(Offset.epoch, true)],
      ["streamId", expected.streamId, view.getUint32(Offset.streamId, true)],
      ["regionType", expected.regionType, view.getInt16(Offset.regionType, true)],
      ["poolId", expected.poolId, view.getUint16(Offset.poolId, true)],
      ["nslots", expected.nslots, view.getUint32(Offset.nslots, true)],
      ["slotBytes", expected.slotBytes, view.getUint32(Offset.slotBytes, true)],
      ["strideBytes", expected.strideBytes, view.getUint32(Offset.strideBytes, true)],
    ];
    const different = fields.find(([, wanted, found]) => wanted !== found);
    if (different === undefined) return null;
    const [what, wanted, found] = different;
    const format = (value: number | bigint): string => (what === "magic" ? `0x${value.toString(16)}` : String(value));
    return { what, expected: format(wanted), found: format(found) };
  }
}
