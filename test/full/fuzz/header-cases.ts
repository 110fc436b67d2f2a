import { FrameHeader } from "../../../src/protocol/frame-header.ts";
import { Frame } from "../../../src/roles/frame.ts";
import { FrameReader } from "../../../src/roles/frame-reader.ts";
import { HeaderRing } from "../../../src/shm/header-ring.ts";
import { AllowedBaseDirs, MappedStream } from "../../../src/shm/index.ts";
import { announceOf, createSmallStream, TemporaryDirectory } from "../../support/shm.ts";
import { causesOf, elementFault } from "./header-oracle.ts";
import { changeBytes } from "./mutations.ts";
import { Random } from "./random.ts";
import { type Counts, check, count } from "./tally.ts";

const SLOT_BYTES = 256;
const NSLOTS = 8;
const POOLS = [
  { poolId: 1, strideBytes: 4096 },
  { poolId: 9, strideBytes: 16_384 },
];
const CODES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14];
/** Fields that decide something, by offset; a change to one of them gets further than one to any byte. */
const FIELDS = [0, 4, 8, 12, 28, 32, 36, 40, 42, 44, 46, ...Array.from({ length: 16 }, (_, i) => 48 + i * 4)];

/** Changed header slots before a reader that has the stream mapped: dropped under the cause that fits, or right to accept. */
export class HeaderCases {
  readonly counts: Counts = {};
  readonly #directory = new TemporaryDirectory();
  readonly #regions = createSmallStream(this.#directory, { nslots: NSLOTS, pools: POOLS });
  readonly #stream = MappedStream.map(announceOf(this.#regions), AllowedBaseDirs.resolve([this.#directory.path]));
  readonly #ring = new HeaderRing(this.#regions.headerRing.mapping, NSLOTS);
  readonly #bytes = new Uint8Array(this.#regions.headerRing.mapping.window(64, NSLOTS * SLOT_BYTES));
  readonly #reader = new FrameReader(this.#stream);
  readonly #header = new FrameHeader();
  readonly #strides = new Map(POOLS.map(({ poolId, strideBytes }) => [poolId, strideBytes]));
  readonly #frame = new Frame(
    () => 0,
    () => [],
  );

  run(seed: number): void {
    const random = new Random(seed);
    const seq = random.below(4) === 0 ? random.below(2 ** 31) * 2 ** 21 : random.below(1000);
    const index = seq % NSLOTS;
    this.#write(random, seq, index);
    const at = index * SLOT_BYTES;
    const slot = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + at, SLOT_BYTES);
    for (let changes = random.below(4); changes > 0; changes--) this.#change(random, slot, at);

    const allowed = causesOf(slot, { index, seq, strides: this.#strides });
    const cause = this.#reader.begin(this.#frame, seq);
    count(this.counts, cause ?? "accepted");
    if (cause !== null) {
      check(allowed.has(cause), () => `dropped as ${cause}, expected one of [${[...allowed]}]`);
      return;
    }
    check(allowed.size === 0, () => `accepted, expected one of ${[...allowed]}`);
    check(elementFault(slot) === "", () => `accepted: ${elementFault(slot)}`);
    this.#useAll();
    check(this.#reader.end(this.#frame), () => "not intact, and nobody has touched it");
  }

  close(): void {
    this.#stream.close();
    this.#regions.close();
    this.#directory[Symbol.dispose]();
  }

  /** Everything that a handler may ask for, within the slot. */
  #useAll(): void {
    const { bytes, values, byteLength } = this.#frame;
    const pool = this.#stream.pools.find(({ poolId }) => poolId === this.#frame.header.poolId);
    check(bytes.length === byteLength && byteLength <= (pool?.strideBytes ?? 0), () => `${byteLength} bytes`);
    check(values.byteLength <= byteLength, () => `values of ${values.byteLength} bytes among ${byteLength}`);
    let sum = 0;
    for (let i = 0; i < bytes.length; i += 64) sum += bytes[i] as number;
    check(sum === 0, () => "bytes that nobody wrote");
    check(this.#frame.dims.length === this.#frame.strides.length, () => "dims and strides differ in number");
    check(typeof this.#frame.isContiguous === "boolean" && this.#frame.timestampNs >= 0n, () => "no timestamp");
    check(this.#frame.copyTo(TARGET), () => "a copy that is not intact");
  }

  /** A frame that is as it should be. */
  #write(random: Random, seq: number, index: number): void {
    const header = this.#header;
    header.frameId = seq;
    header.timestampHigh = random.bits();
    header.timestampLow = random.bits();
    header.metaVersion = random.bits();
    const pool = random.of(POOLS);
    header.poolId = pool.poolId;
    header.valuesLenBytes = random.oneIn(4) ? pool.strideBytes : random.below(pool.strideBytes + 1);
    header.payloadSlot = index;
    header.payloadOffset = 0;
    header.dtype = random.of(CODES);
    header.majorOrder = 1 + random.below(2);
    header.ndims = random.below(9);
    for (let i = 0; i < header.ndims; i++) {
      header.dims[i] = random.oneIn(32) ? 0 : 1 + random.below(4);
      header.strides[i] = random.oneIn(8) ? random.below(600) : 0;
    }
    this.#bytes.fill(random.bits() & 255, index * SLOT_BYTES, (index + 1) * SLOT_BYTES);
    this.#ring.markWriting(index, seq);
    this.#ring.writeHeader(index, header);
    this.#ring.commit(index, seq);
  }

  #change(random: Random, slot: DataView, at: number): void {
    if (random.oneIn(2)) {
      changeBytes(random, this.#bytes.subarray(at, at + SLOT_BYTES), slot, SLOT_BYTES);
      return;
    }
    const field = random.of(FIELDS);
    if (field >= 40 && field < 46) slot.setInt16(field, random.below(24) - 4, true);
    else if (field === 46) slot.setUint8(field, random.below(12));
    else if (random.oneIn(3)) slot.setInt32(field, random.of([-1, -(2 ** 31), 2 ** 31 - 1, 65_536, 4097]), true);
    else slot.setInt32(field, random.below(64), true);
  }
}

const TARGET = new Uint8Array(16_384);
