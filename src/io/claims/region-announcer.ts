import type { RegionPlace, SlotPlace } from "../../protocol/slot-place.ts";
import type { RecordOutput } from "./record-output.ts";
import {
  CLAIMS_VERSION,
  GONE_BYTES,
  HELLO_BYTES,
  REGION_BYTES,
  RecordKind,
  RegionKind,
  STATE_BYTES,
} from "./records.ts";

const HEADER_SLOT_BYTES = 256;
const ROLES = { sink: 1, source: 2 } as const;

/** The first record for the peer. */
export function sendHello(output: RecordOutput, side: "sink" | "source"): void {
  const at = output.begin(RecordKind.HELLO, HELLO_BYTES);
  output.setWord(at + 2, CLAIMS_VERSION);
  output.setWord(at + 3, ROLES[side]);
  output.setWord(at + 4, process.pid);
}

export function sendState(output: RecordOutput, state: number): void {
  output.setWord(output.begin(RecordKind.STATE, STATE_BYTES) + 2, state);
}

/** A pool and its header ring, with their ids for the peer. */
export interface AnnouncedPlace {
  readonly place: SlotPlace;
  readonly ringId: number;
  readonly poolId: number;
  readonly epochLow: number;
  readonly epochHigh: number;
}

/** Announces to the peer which files to map, and which it no longer needs. */
export class RegionAnnouncer {
  readonly #output: RecordOutput;
  #announced: AnnouncedPlace[] = [];
  #nextId = 1;

  constructor(output: RecordOutput) {
    this.#output = output;
  }

  /** The id of the last announced region. */
  get lastId(): number {
    return this.#nextId - 1;
  }

  find(place: SlotPlace): AnnouncedPlace | null {
    for (const announced of this.#announced) if (announced.place === place) return announced;
    return null;
  }

  /** Announces a place, and its header ring if that is new; those of another epoch are removed. */
  announce(place: SlotPlace): AnnouncedPlace {
    const known = this.find(place);
    if (known !== null) return known;
    if (this.#announced[0] !== undefined && this.#announced[0].place.headerRing !== place.headerRing) this.forget();
    const ringId = this.#announced[0]?.ringId ?? this.#send(place, place.headerRing, RegionKind.HEADER_RING);
    const poolId = this.#send(place, place.pool, RegionKind.POOL);
    const [epochLow, epochHigh] = wordsOf(place.epoch);
    const announced = { place, ringId, poolId, epochLow, epochHigh };
    this.#announced.push(announced);
    return announced;
  }

  /** Nothing is mapped any more. */
  forget(): void {
    const first = this.#announced[0];
    if (first !== undefined) this.#gone(first.ringId);
    for (const { poolId } of this.#announced) this.#gone(poolId);
    this.#announced = [];
  }

  #gone(id: number): void {
    this.#output.setWord(this.#output.begin(RecordKind.GONE, GONE_BYTES) + 2, id);
  }

  #send(place: SlotPlace, { path, byteLength }: RegionPlace, kind: number): number {
    const id = this.#nextId++;
    const name = new TextEncoder().encode(path);
    const isRing = kind === RegionKind.HEADER_RING;
    const output = this.#output;
    const at = output.begin(RecordKind.REGION, REGION_BYTES + Math.ceil(name.length / 8) * 8);
    output.setWord(at + 2, id);
    output.setWord(at + 3, kind);
    output.setLong(at + 4, byteLength);
    const [epochLow, epochHigh] = wordsOf(place.epoch);
    output.setWord(at + 6, epochLow);
    output.setWord(at + 7, epochHigh);
    output.setWord(at + 8, place.streamId);
    output.setWord(at + 9, place.nslots);
    output.setWord(at + 10, isRing ? HEADER_SLOT_BYTES : place.strideBytes);
    output.setWord(at + 11, name.length);
    output.setBytes(at + 12, name);
    return id;
  }
}

function wordsOf(value: bigint): [low: number, high: number] {
  return [Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))];
}
