import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Dtype, dtypeOfCode, MAX_DIMS } from "../protocol/dtype.ts";
import { CADENCE_NS, LIVENESS_PERIODS } from "../protocol/stream-ids.ts";
import { InspectionError, RegionInspection } from "../shm/inspection.ts";
import type { Finding } from "../shm/inspection-findings.ts";
import { commandOf } from "../shm/inspection-locks.ts";
import { type InspectedSlot, SlotInspector, type SlotSummary } from "../shm/inspection-slots.ts";
import { isRegionFileName } from "../shm/layout.ts";
import { RegionType } from "../shm/superblock.ts";

const LIVENESS_NS = CADENCE_NS * LIVENESS_PERIODS;

export type OwnerState =
  /** It holds the lock, or shows signs of life. */
  | "alive"
  /** It has recorded that no frame will follow. */
  | "ended"
  /** Silent for too long (W-08), and without a lock. */
  | "dead"
  /** Neither its lock nor its sign of life gives a result. */
  | "unknown";

export interface OwnerReport {
  readonly pid: string;
  /** Short name of its program; "" if it is not visible from here. */
  readonly command: string;
  readonly state: OwnerState;
  /** True: it holds a lock on the file. Null: the kernel does not show locks here. */
  readonly holdsLock: boolean | null;
  /** Other processes that have the region mapped. */
  readonly mappers: readonly number[];
  readonly activityAgeNs: number | null;
  readonly startedAgeNs: number | null;
}

export interface SlotReport {
  readonly index: number;
  readonly state: string;
  readonly commitWord: string;
  readonly seq: string;
  readonly dtype: Dtype | number | null;
  readonly majorOrder: "row" | "column" | number | null;
  readonly dims: readonly number[] | null;
  /** In bytes; null if all are 0: contiguous. */
  readonly strides: readonly number[] | null;
  readonly byteLength: number | null;
  readonly poolId: number | null;
  readonly metaVersion: number | null;
  readonly timestampNs: string | null;
  /** Null if the timestamp does not use this host's CLOCK_MONOTONIC. */
  readonly ageNs: number | null;
  readonly fault: string | null;
}

export interface SlotsReport {
  readonly readable: number;
  readonly committed: number;
  readonly writing: number;
  readonly empty: number;
  readonly torn: number;
  readonly invalid: number;
  readonly newest: readonly SlotReport[];
}

export interface RegionReport {
  readonly path: string;
  readonly kind: "header-ring" | "payload-pool" | "unknown";
  readonly byteLength: number;
  /** Allocated memory of the file in bytes; pages that were never accessed use none. */
  readonly allocatedBytes: number;
  readonly mode: string;
  readonly superblock: Readonly<Record<string, string | number>> | null;
  readonly owner: OwnerReport | null;
  readonly slots: SlotsReport | null;
  readonly findings: readonly Finding[];
  readonly valid: boolean;
}

/** Inspects one file. `clock` returns CLOCK_MONOTONIC ns, called once the file was read. @throws InspectionError if it is unreadable */
export function reportOf(path: string, slotCount: number, clock: () => bigint): RegionReport {
  using region = RegionInspection.open(path);
  const { superblock } = region;
  let slots: SlotSummary | null = null;
  if (superblock !== null && region.isHeaderRing) {
    const pools = poolsBeside(region);
    slots = new SlotInspector(region, pools).summarise(slotCount);
    region.findings.push(...slots.faults);
  }
  const nowNs = clock();
  const owner = superblock === null ? null : ownerOf(region, nowNs);
  if (owner?.state === "dead") {
    const silent = owner.activityAgeNs === null ? "none" : `${(owner.activityAgeNs / 1e9).toFixed(1)} s ago`;
    region.found("W-08", "activityTimestampNs", `at most ${LIVENESS_NS / 1e9} s ago`, silent, "note");
  }
  return {
    path,
    kind: kindOf(region),
    byteLength: region.byteLength,
    allocatedBytes: Number(region.stat.blocks) * 512,
    mode: region.mode,
    superblock:
      superblock === null
        ? null
        : {
            ...superblock,
            magic: `0x${superblock.magic.toString(16)}`,
            epoch: String(superblock.epoch),
            pid: String(superblock.pid),
            startTimestampNs: String(superblock.startTimestampNs),
            activityTimestampNs: String(superblock.activityTimestampNs),
          },
    owner,
    slots: slots === null ? null : slotsReport(slots, nowNs),
    findings: region.findings,
    valid: !region.isBroken,
  };
}

function kindOf({ superblock }: RegionInspection): RegionReport["kind"] {
  if (superblock?.regionType === RegionType.HEADER_RING) return "header-ring";
  return superblock?.regionType === RegionType.PAYLOAD_POOL ? "payload-pool" : "unknown";
}

/** Strides of the pools in the ring's own folder, checked against the ring; null if there are none. */
function poolsBeside(ring: RegionInspection): ReadonlyMap<number, number> | null {
  const folder = dirname(ring.path);
  const pools = new Map<number, number>();
  const block = ring.superblock;
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => isRegionFileName(name) && name !== basename(ring.path));
  } catch (error) {
    // The ring may be readable in a folder that may not be listed: then the pools are unknown.
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EACCES" || code === "ENOENT") return null;
    throw error;
  }
  for (const name of names) {
    try {
      using pool = RegionInspection.open(join(folder, name));
      const other = pool.superblock;
      if (block === null || other === null || other.regionType !== RegionType.PAYLOAD_POOL) continue;
      pools.set(other.poolId, other.strideBytes);
      const compare = (rule: string, what: string, expected: number | bigint, found: number | bigint): void => {
        if (expected !== found) ring.found(rule, `${what} of ${name}`, `${expected}, as in ${ring.name}`, found);
      };
      compare("W-03", "nslots", block.nslots, other.nslots);
      compare("W-07", "epoch", block.epoch, other.epoch);
      compare("W-07", "streamId", block.streamId, other.streamId);
      compare("W-08", "pid", block.pid, other.pid);
    } catch (error) {
      // An unreadable file is reported when it is inspected itself.
      if (!(error instanceof InspectionError)) throw error;
    }
  }
  return pools.size === 0 ? null : pools;
}

function ownerOf(region: RegionInspection, nowNs: bigint): OwnerReport | null {
  const block = region.superblock;
  if (block === null) return null;
  const pid = block.pid <= 0x7fff_ffffn ? Number(block.pid) : -1;
  const holders = region.lockHolders;
  const holdsLock = holders === null ? null : holders.some((holder) => holder.pid === pid);
  const activityAgeNs = ageOf(block.activityTimestampNs, nowNs);
  const isYoung = activityAgeNs !== null && activityAgeNs <= LIVENESS_NS;
  let state: OwnerState = "unknown";
  if (block.activityTimestampNs === 0n) state = "ended";
  else if (holdsLock === true || isYoung) state = "alive";
  else if (activityAgeNs !== null) state = "dead";
  return {
    pid: String(block.pid),
    command: pid > 0 ? commandOf(pid) : "",
    state,
    holdsLock,
    mappers: (holders ?? []).map((holder) => holder.pid).filter((holder) => holder !== pid),
    activityAgeNs,
    startedAgeNs: ageOf(block.startTimestampNs, nowNs),
  };
}

/** Age of a CLOCK_MONOTONIC time; null for times of another clock, or in the future. */
function ageOf(timestampNs: bigint, nowNs: bigint): number | null {
  if (timestampNs === 0n || timestampNs > nowNs) return null;
  return Number(nowNs - timestampNs);
}

function slotsReport(slots: SlotSummary, nowNs: bigint): SlotsReport {
  const { nslots, counts, invalid } = slots;
  return { readable: nslots, ...counts, invalid, newest: slots.newest.map((slot) => slotReport(slot, nowNs)) };
}

function slotReport(slot: InspectedSlot, nowNs: bigint): SlotReport {
  const { header, fault } = slot;
  const base = {
    index: slot.index,
    state: slot.state,
    commitWord: String(slot.commitWord),
    seq: String(slot.seq),
    fault: fault === null ? null : `${fault.rule} ${fault.what}: expected ${fault.expected}, found ${fault.found}`,
  };
  // While a slot is written, its fields are a mixture of two frames.
  if (slot.state !== "committed") return { ...base, ...NO_FIELDS };
  const ndims = Math.min(header.ndims, MAX_DIMS);
  const strides = [...header.strides.subarray(0, ndims)];
  return {
    ...base,
    dtype: dtypeOfCode(header.dtype) ?? header.dtype,
    majorOrder: header.majorOrder === 1 ? "row" : header.majorOrder === 2 ? "column" : header.majorOrder,
    dims: [...header.dims.subarray(0, ndims)],
    strides: strides.every((stride) => stride === 0) ? null : strides,
    byteLength: header.valuesLenBytes,
    poolId: header.poolId,
    metaVersion: header.metaVersion,
    timestampNs: String(slot.timestampNs),
    ageNs: ageOf(slot.timestampNs, nowNs),
  };
}

const NO_FIELDS = {
  dtype: null,
  majorOrder: null,
  dims: null,
  strides: null,
  byteLength: null,
  poolId: null,
  metaVersion: null,
  timestampNs: null,
  ageNs: null,
} as const;
