import { addressOf } from "../../ffi/memory.ts";
import type { EpochOptions, RegionMemory } from "../../src/shm/index.ts";
import { sortedPools } from "../../src/shm/region-plan.ts";
import { sliceSlots } from "../../src/shm/slot-slicing.ts";
import { HEADER_SLOT_BYTES, SUPERBLOCK_BYTES } from "../../src/shm/superblock.ts";
import type { SimProcess } from "./process.ts";

/** The slots of a region. What would precede them is not there. */
function memoryOf(slots: ArrayBuffer): RegionMemory {
  const window = (offset: number, byteLength: number): ArrayBuffer => {
    if (offset !== SUPERBLOCK_BYTES || byteLength !== slots.byteLength) throw new RangeError("expected all slots");
    return slots;
  };
  return {
    address: addressOf(new Uint8Array(slots)) - SUPERBLOCK_BYTES,
    byteLength: SUPERBLOCK_BYTES + slots.byteLength,
    readOnly: false,
    closed: false,
    window,
    sliceWindows: (firstOffset, strideBytes, nslots) => {
      const slicing = sliceSlots(firstOffset, strideBytes, nslots);
      return { ...slicing, buffers: slicing.windows.map((part) => window(part.offset, part.byteLength)) };
    },
    prefault: () => {},
    lockInMemory: () => {},
    close: () => {},
  };
}

/** The regions of one epoch: their memory, and what is known of their files. */
export class SimEpoch {
  readonly uri: string;
  readonly epoch: number;
  readonly streamId: number;
  readonly pid: number;
  /** How often each process has it mapped. */
  readonly users = new Map<SimProcess, number>();
  /** False once its files were removed. */
  isNamed = true;
  /** False once its files are not found where they were made. */
  isInPlace = true;
  #activityHigh: number;
  #activityLow: number;
  readonly #nslots: number;
  readonly #ring: RegionMemory;
  readonly #pools: readonly { poolId: number; strideBytes: number; memory: RegionMemory }[];
  readonly #firstSlot: Int32Array;

  constructor(folder: string, epoch: number, options: EpochOptions, pid: number) {
    const { streamId, nslots, startTimestampNs } = options;
    this.uri = `shm:file?path=${folder}/${epoch}/header.ring`;
    this.epoch = epoch;
    this.streamId = streamId;
    this.pid = pid;
    this.#activityHigh = Number(startTimestampNs >> 32n);
    this.#activityLow = Number(startTimestampNs & 0xffff_ffffn);
    this.#nslots = nslots;
    const slots = new ArrayBuffer(nslots * HEADER_SLOT_BYTES);
    this.#firstSlot = new Int32Array(slots, 0, HEADER_SLOT_BYTES / 4);
    this.#ring = memoryOf(slots);
    this.#pools = sortedPools(options).map(({ poolId, strideBytes }) => ({
      poolId,
      strideBytes,
      memory: memoryOf(new ArrayBuffer(nslots * strideBytes)),
    }));
  }

  get hasCarriedFrames(): boolean {
    return this.#firstSlot.some((word) => word !== 0);
  }

  get activityNs(): bigint {
    return (BigInt(this.#activityHigh) << 32n) | BigInt(this.#activityLow);
  }

  setActivity(high: number, low: number): void {
    this.#activityHigh = high;
    this.#activityLow = low;
  }

  /** What each side that maps it sees alike. */
  regions() {
    const path = this.uri.slice("shm:file?path=".length);
    return {
      streamId: this.streamId,
      nslots: this.#nslots,
      headerRing: { uri: this.uri, path, mapping: this.#ring },
      pools: this.#pools.map(({ poolId, strideBytes, memory }) => ({
        poolId,
        strideBytes,
        uri: `${this.uri}.${poolId}`,
        path: `${path}.${poolId}`,
        mapping: memory,
      })),
    };
  }

  /** A process maps it. @returns what unmaps it */
  use(process: SimProcess): () => void {
    this.users.set(process, (this.users.get(process) ?? 0) + 1);
    let isOpen = true;
    return () => {
      if (!isOpen || process.isDead) return;
      isOpen = false;
      const left = (this.users.get(process) ?? 0) - 1;
      if (left > 0) this.users.set(process, left);
      else this.users.delete(process);
    };
  }
}
