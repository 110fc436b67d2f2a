import { FrameHeader, HEADER_WORDS } from "../protocol/frame-header.ts";
import { findHeaderFault, HeaderFault } from "../protocol/frame-validation.ts";
import {
  TENSOR_SLOT_HEADER256_FRAME_ID_OFFSET as FRAME_ID,
  TENSOR_SLOT_HEADER256_PADDING_OFFSET as PADDING,
  TENSOR_SLOT_HEADER256_TIMESTAMP_NS_OFFSET as TIMESTAMP,
} from "../sbe/generated/control/index.ts";
import type { RegionInspection } from "./inspection.ts";
import { explainHeaderFault, type Finding } from "./inspection-findings.ts";
import { HEADER_SLOT_BYTES, SUPERBLOCK_BYTES } from "./superblock.ts";

/**
 * "empty": never used since the file was created; its zeros would read as "frame 0 committed". "writing": being filled, its fields are
 * unreliable. "torn": it was overwritten during every read.
 */
export type SlotState = "empty" | "writing" | "committed" | "torn";

/** One slot of a header ring, copied while it did not change (unless torn). */
export interface InspectedSlot {
  readonly index: number;
  readonly state: SlotState;
  readonly commitWord: bigint;
  /** The commit word's frame number. */
  readonly seq: bigint;
  readonly frameId: bigint;
  readonly timestampNs: bigint;
  readonly header: FrameHeader;
  readonly fault: Finding | null;
}

export interface SlotSummary {
  readonly nslots: number;
  readonly counts: Readonly<Record<SlotState, number>>;
  /** Slots, committed or being written, that break a rule. */
  readonly invalid: number;
  /** The first of them. */
  readonly faults: readonly Finding[];
  /** The slots with the highest frame numbers, highest first; without the empty ones. */
  readonly newest: readonly InspectedSlot[];
}

const CHUNK_SLOTS = 1024;
/** A slot is overwritten at most once per turn of the ring: a few attempts find it unchanged, except in a very small ring. */
const READ_ATTEMPTS = 8;
const MAX_FAULTS = 100;
const TWO_32 = 0x1_0000_0000;

/** Reads the slots of a header ring while its producer continues to write. */
export class SlotInspector {
  readonly #region: RegionInspection;
  readonly #nslots: number;
  /** Strides by pool id; null if the pools are unknown and cannot be checked against. */
  readonly #pools: ReadonlyMap<number, number> | null;
  readonly #probe = new FrameHeader();

  constructor(region: RegionInspection, pools: ReadonlyMap<number, number> | null) {
    this.#region = region;
    this.#nslots = region.superblock?.nslots ?? 0;
    this.#pools = pools;
  }

  /** Checks every slot, and the `newestCount` newest in detail. */
  summarise(newestCount: number): SlotSummary {
    const total = this.#region.readableSlots;
    const counts: Record<SlotState, number> = { empty: 0, writing: 0, committed: 0, torn: 0 };
    const faults: Finding[] = [];
    let invalid = 0;
    const newest = new NewestSlots(newestCount);
    const bytes = new Uint8Array(CHUNK_SLOTS * HEADER_SLOT_BYTES);
    const view = new DataView(bytes.buffer);
    for (let first = 0; first < total; first += CHUNK_SLOTS) {
      const count = Math.min(CHUNK_SLOTS, total - first);
      const length = this.#region.read(
        bytes.subarray(0, count * HEADER_SLOT_BYTES),
        SUPERBLOCK_BYTES + first * HEADER_SLOT_BYTES,
      );
      for (let i = 0; (i + 1) * HEADER_SLOT_BYTES <= length; i++) {
        const at = i * HEADER_SLOT_BYTES;
        const index = first + i;
        let state = quickState(view, at);
        if (state !== "empty" && !this.#looksRight(view, at, index)) {
          // It may only have been overwritten while the chunk was copied: a single read by the commit protocol decides.
          const slot = this.read(index);
          state = slot.state;
          if (slot.fault !== null) {
            invalid++;
            if (faults.length < MAX_FAULTS) faults.push(slot.fault);
          }
        }
        counts[state]++;
        if (state !== "empty") newest.offer(index, wordOf(view, at));
      }
    }
    return { nslots: total, counts, invalid, faults, newest: this.#details(newest.indices()) };
  }

  /** One slot by the commit protocol (W-16): the commit word before, the header, and the word again. */
  read(index: number): InspectedSlot {
    const offset = SUPERBLOCK_BYTES + index * HEADER_SLOT_BYTES;
    const slot = new Uint8Array(HEADER_SLOT_BYTES);
    const view = new DataView(slot.buffer);
    const word = new DataView(new ArrayBuffer(8));
    const wordBytes = new Uint8Array(word.buffer);
    let isStable = false;
    for (let attempt = 0; attempt < READ_ATTEMPTS && !isStable; attempt++) {
      this.#region.read(wordBytes, offset);
      const before = word.getBigUint64(0, true);
      this.#region.read(slot, offset);
      this.#region.read(wordBytes, offset);
      const after = word.getBigUint64(0, true);
      isStable = before === after && view.getBigUint64(0, true) === before;
    }
    return this.#inspect(view, index, isStable);
  }

  #details(indices: readonly number[]): readonly InspectedSlot[] {
    const slots = indices.map((index) => this.read(index)).filter(({ state }) => state !== "empty");
    return slots.sort((a, b) => (a.seq === b.seq ? a.index - b.index : a.seq < b.seq ? 1 : -1));
  }

  #inspect(view: DataView, index: number, isStable: boolean): InspectedSlot {
    const commitWord = view.getBigUint64(0, true);
    const header = new FrameHeader();
    readHeader(view, 0, header);
    const state = isStable ? quickState(view, 0) : "torn";
    const slot = {
      index,
      state,
      commitWord,
      seq: commitWord >> 1n,
      frameId: view.getBigUint64(FRAME_ID, true),
      timestampNs: view.getBigUint64(TIMESTAMP, true),
      header,
    };
    return { ...slot, fault: this.#faultOf(slot) };
  }

  #faultOf({ index, state, seq, frameId, header }: Omit<InspectedSlot, "fault">): Finding | null {
    if (state === "empty" || state === "torn") return null;
    const finding = (rule: string, what: string, expected: string, found: string): Finding => ({
      rule,
      severity: "breaks",
      subject: `slot ${index}`,
      what,
      expected,
      found,
    });
    const due = this.#nslots === 0 ? 0n : seq % BigInt(this.#nslots);
    if (due !== BigInt(index))
      return finding("W-15", "commitWord", `a frame that belongs here, ${seq} does to slot ${due}`, `${seq}`);
    // While it is being written, its other fields mean nothing.
    if (state === "writing") return null;
    if (frameId !== seq) return finding("W-16", "frameId", `${seq}, as the commit word says`, String(frameId));
    const fault = findHeaderFault(header, index, this.#strideOf(header.poolId));
    if (fault === HeaderFault.NONE) return null;
    return finding(...explainHeaderFault(fault, header, index, this.#pools ?? new Map()));
  }

  #strideOf(poolId: number): number {
    return this.#pools === null ? Number.MAX_SAFE_INTEGER : (this.#pools.get(poolId) ?? 0);
  }

  /** Quick check of a slot of a chunk; uncertain slots are checked again. */
  #looksRight(view: DataView, at: number, index: number): boolean {
    const word = wordOf(view, at);
    const seq = Math.floor(word / 2);
    if (seq > Number.MAX_SAFE_INTEGER / 2 || seq % this.#nslots !== index) return false;
    if (word % 2 === 1) return true;
    const header = this.#probe;
    readHeader(view, at, header);
    return header.frameId === seq && findHeaderFault(header, index, this.#strideOf(header.poolId)) === HeaderFault.NONE;
  }
}

/** Keeps the slots with the highest commit words. */
class NewestSlots {
  readonly #limit: number;
  #slots: { index: number; word: number }[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  offer(index: number, word: number): void {
    if (this.#limit === 0) return;
    this.#slots.push({ index, word });
    if (this.#slots.length > this.#limit * 2 + CHUNK_SLOTS) this.#prune();
  }

  indices(): number[] {
    this.#prune();
    return this.#slots.map(({ index }) => index);
  }

  #prune(): void {
    this.#slots.sort((a, b) => b.word - a.word);
    if (this.#slots.length > this.#limit) this.#slots.length = this.#limit;
  }
}

function quickState(view: DataView, at: number): SlotState {
  if (isUntouched(view, at)) return "empty";
  return view.getUint8(at) % 2 === 1 ? "writing" : "committed";
}

/** No committed frame is all zeros: its dtype would be UNKNOWN. The padding belongs to the producer (W-13) and means nothing. */
function isUntouched(view: DataView, at: number): boolean {
  for (let i = 0; i < PADDING; i += 4) if (view.getUint32(at + i, true) !== 0) return false;
  return true;
}

function wordOf(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * TWO_32 + view.getUint32(at, true);
}

function readHeader(view: DataView, at: number, header: FrameHeader): void {
  for (let i = 0; i < HEADER_WORDS; i++) header.words[i] = view.getInt32(at + i * 4, true);
}
